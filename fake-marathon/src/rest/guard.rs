//! Keeps web pages out: which names a request may call this server by, and which pages it may come from.
//!
//! A page of any site can send requests to loopback, and one whose name resolves to loopback can read the answers too
//! (DNS rebinding). A browser always names the page in `Origin` where a request could change something, and in `Host`
//! the name that it resolved. Of what a page only embeds (a picture, a frame, a prefetched page) it learns whether there
//! is such a thing; such a request has no `Origin`, but `Sec-Fetch-Site` says that it comes from another page. Callers in the same process come through no socket and are not asked.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use http::{HeaderMap, HeaderName, header, uri::Authority};

use super::answer::Answered;
use crate::config::Allowed;

/// How a connection came, put into a request's extensions by the server that accepted it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    /// This end of the connection.
    pub(super) local: SocketAddr,
    /// Whether it speaks TLS.
    pub(super) tls: bool,
}

/// What is accepted.
#[derive(Clone, Debug)]
pub struct Guard {
    /// Names and pages beside our own.
    pub(crate) allowed: Allowed,
    /// Whether each connection is checked for its `Host`, not only one over loopback: a server that runs commands.
    pub(crate) strict: bool,
}

impl Guard {
    /// `router` behind this guard, for sockets.
    pub(crate) fn protect(self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(Arc::new(self), pass))
    }

    /// Why a request is refused, if it is.
    fn objection(&self, request: &Request, arrival: Arrival) -> Option<String> {
        let hosts = match texts(request.headers(), &header::HOST) {
            // HTTP/2 and requests to a proxy name the host in their target.
            Ok(hosts) => hosts.into_iter().chain(request.uri().authority().map(Authority::as_str)).collect::<Vec<_>>(),
            Err(()) => return Some(String::from("the Host header is not text")),
        };
        if self.strict || arrival.local.ip().is_loopback() {
            let Some(_) = hosts.first() else { return Some(String::from("the Host header is missing")) };
            if let Some(host) = hosts.iter().find(|host| !self.is_own_name(host, arrival)) {
                let host = shown(host);
                return Some(format!("`{host}` is not a name of this server; allow it with --allow-host {host}"));
            }
        }
        let Ok(origins) = texts(request.headers(), &header::ORIGIN) else {
            return Some(String::from("the Origin header is not text"));
        };
        let scheme = if arrival.tls { "https://" } else { "http://" };
        let ours = |origin: &str| {
            let page = origin.strip_prefix(scheme);
            page.is_some_and(|page| hosts.first().is_some_and(|host| host.eq_ignore_ascii_case(page)))
                || self.allowed.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
        };
        let Some(stranger) = origins.iter().find(|origin| !ours(origin)) else {
            let embedded = origins.is_empty() && is_embedded(request.headers());
            let text =
                "pages of others may not use this server; allow them with --allow-origin and a request that names them";
            return embedded.then(|| String::from(text));
        };
        let stranger = shown(stranger);
        Some(format!("pages of `{stranger}` may not use this server; allow them with --allow-origin {stranger}"))
    }

    /// Whether `host`, with or without a port, is this server's.
    fn is_own_name(&self, host: &str, arrival: Arrival) -> bool {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        let name = authority.host().trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
        let local = arrival.local.ip().to_canonical();
        let named = match name.parse::<std::net::IpAddr>() {
            Ok(address) => address.to_canonical() == local || (local.is_loopback() && address.is_loopback()),
            Err(_) => local.is_loopback() && name.eq_ignore_ascii_case("localhost"),
        };
        // User information would hide the name from readers of the message.
        !host.contains('@')
            && (named
                || self
                    .allowed
                    .hosts
                    .iter()
                    .any(|own| own.eq_ignore_ascii_case(name) || own.eq_ignore_ascii_case(host)))
    }
}

/// Whether a browser fetches this for a page of another site or port, unless somebody follows a link to it.
fn is_embedded(headers: &HeaderMap) -> bool {
    let says = |name: &str, values: &[&str]| {
        headers.get_all(name).iter().any(|value| values.iter().any(|known| value.as_bytes() == known.as_bytes()))
    };
    let followed = says("sec-fetch-mode", &["navigate"]) && says("sec-fetch-dest", &["document"]);
    says("sec-fetch-site", &["cross-site", "same-site"]) && !followed
}

/// All values of a header.
fn texts<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Vec<&'a str>, ()> {
    headers.get_all(name).iter().map(|value| value.to_str().map_err(drop)).collect()
}

/// A foreign text in a message: short.
fn shown(text: &str) -> &str {
    text.get(..100).unwrap_or(text)
}

async fn pass(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let arrival = request.extensions().get::<Arrival>().copied();
    match arrival.and_then(|arrival| guard.objection(&request, arrival)) {
        Some(objection) => {
            tracing::warn!(%objection, "refused a request");
            Answered::message(403, &objection).into_response(&HeaderMap::new())
        }
        None => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use rstest::rstest;

    use super::*;

    fn refused(guard: &Guard, local: &str, headers: &[(&str, &str)]) -> Option<String> {
        let mut request = Request::builder().uri("/v2/apps");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let arrival = Arrival { local: local.parse().expect("an address"), tls: false };
        guard.objection(&request.body(Body::empty()).expect("a request"), arrival)
    }

    fn guard(strict: bool) -> Guard {
        let allowed =
            Allowed { hosts: vec!["fake.example".to_owned()], origins: vec!["https://ui.example".to_owned()] };
        Guard { allowed, strict }
    }

    const LOOPBACK: &str = "127.0.0.1:8080";
    const CONTAINER: &str = "172.17.0.2:8080";

    #[rstest]
    #[case::address(LOOPBACK, "127.0.0.1:8080")]
    #[case::without_port(LOOPBACK, "127.0.0.1")]
    #[case::other_loopback(LOOPBACK, "[::1]:8080")]
    #[case::forwarded_port(LOOPBACK, "localhost:9999")]
    #[case::upper_case(LOOPBACK, "LOCALHOST:8080")]
    #[case::told(LOOPBACK, "fake.example:8080")]
    #[case::mapped("[::ffff:127.0.0.1]:8080", "127.0.0.1:8080")]
    #[case::interface(CONTAINER, "172.17.0.2:8080")]
    fn our_names_are_accepted(#[case] local: &str, #[case] host: &str) {
        assert_eq!(refused(&guard(true), local, &[("host", host)]), None);
        let same = format!("http://{host}");
        assert_eq!(refused(&guard(true), local, &[("host", host), ("origin", &same)]), None);
        assert_eq!(refused(&guard(true), local, &[("host", host), ("origin", "https://ui.example")]), None);
    }

    #[rstest]
    #[case::rebound(&[("host", "evil.example:8080")])]
    #[case::suffix(&[("host", "localhost.evil.example")])]
    #[case::unspecified(&[("host", "0.0.0.0:8080")])]
    #[case::other_address(&[("host", "192.168.0.7:8080")])]
    #[case::user_information(&[("host", "127.0.0.1@evil.example")])]
    #[case::both(&[("host", "127.0.0.1"), ("host", "evil.example")])]
    #[case::none(&[])]
    #[case::empty(&[("host", "")])]
    #[case::page(&[("host", "127.0.0.1:8080"), ("origin", "https://evil.example")])]
    #[case::sandboxed_page(&[("host", "127.0.0.1:8080"), ("origin", "null")])]
    #[case::other_port(&[("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:3000")])]
    #[case::other_scheme(&[("host", "127.0.0.1"), ("origin", "https://127.0.0.1")])]
    #[case::picture(&[("host", "127.0.0.1:8080"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")])]
    #[case::frame(&[("host", "127.0.0.1:8080"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")])]
    #[case::embedded_by_another_port(&[("host", "127.0.0.1:8080"), ("sec-fetch-site", "same-site"), ("sec-fetch-dest", "empty")])]
    #[case::extension(&[("host", "127.0.0.1:8080"), ("origin", "moz-extension://127.0.0.1:8080")])]
    fn others_are_refused(#[case] headers: &[(&str, &str)]) {
        for strict in [true, false] {
            assert!(refused(&guard(strict), LOOPBACK, headers).is_some(), "strict: {strict}");
        }
    }

    #[rstest]
    #[case::address_bar(&[("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")])]
    #[case::own_page(&[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")])]
    #[case::link(&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")])]
    #[case::allowed_page(&[("sec-fetch-site", "cross-site"), ("origin", "https://ui.example")])]
    fn who_opens_it_in_a_browser_is_answered(#[case] headers: &[(&str, &str)]) {
        let headers = [&[("host", "127.0.0.1:8080")], headers].concat();
        assert_eq!(refused(&guard(true), LOOPBACK, &headers), None);
    }

    /// In a container the fake is reached by names that only its network knows. It runs no commands there.
    #[test]
    fn without_process_tasks_any_name_will_do_from_another_machine_but_not_any_page() {
        let named = ("host", "marathon:8080");
        assert_eq!(refused(&guard(false), CONTAINER, &[named]), None);
        assert!(refused(&guard(true), CONTAINER, &[named]).is_some());
        assert_eq!(refused(&guard(false), CONTAINER, &[named, ("origin", "http://marathon:8080")]), None);
        assert!(refused(&guard(false), CONTAINER, &[named, ("origin", "http://evil.example")]).is_some());
    }
}
