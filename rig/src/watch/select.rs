//! Which apps and pods of a cluster the user means: by id, by group, by labels.

use harness::{Client, model::App};

use crate::{exit::Failure, run::reach};

/// Apps that are watched at the same time: each is polled and has an event stream of its own, and the rig must not become
/// the load.
const AT_ONCE: usize = 20;

/// The apps and pods that the user means.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// Ids of apps, pods and groups; all of them if there is none.
    pub named: &'a [String],
    /// A label selector of Marathon's, which each of them has to match too.
    pub label: Option<&'a str>,
}

impl Selection<'_> {
    /// Reads them from the cluster, in order of their ids; apps without their tasks.
    ///
    /// # Errors
    /// Exit code 2: there is none, or there are too many; or the cluster cannot be read.
    pub async fn find(&self, client: &Client) -> Result<Vec<App>, Failure> {
        let listed = client.apps_without_tasks(self.label).await;
        let mut apps = listed.map_err(|error| reach::failure(&error))?.apps;
        if self.label.is_none() {
            // Marathon's selectors choose among apps only.
            apps.extend(client.pods().await.map_err(|error| reach::failure(&error))?);
        }
        apps.sort_by(|a, b| a.id.cmp(&b.id));
        self.among(apps)
    }

    /// Those of `apps` that are meant.
    fn among(&self, apps: Vec<App>) -> Result<Vec<App>, Failure> {
        let matching = || self.label.map(|label| format!(" with the label {label}")).unwrap_or_default();
        for name in self.named {
            if !apps.iter().any(|app| is_in(&app.id, name)) {
                let there = match apps.len() {
                    0 => "there is no app at all".to_owned(),
                    n => format!("there are {n}, such as {}; hc-rig apps lists them", apps[0].id),
                };
                return Err(Failure::usage(format!(
                    "{name} is neither an app or pod nor a group with any{}: {there}",
                    matching()
                )));
            }
        }
        let meant: Vec<App> = apps
            .into_iter()
            .filter(|app| self.named.is_empty() || self.named.iter().any(|name| is_in(&app.id, name)))
            .collect();
        match meant.len() {
            0 => Err(Failure::usage(format!("there is no app{}", matching()))),
            n if n > AT_ONCE => Err(Failure::usage(format!(
                "{n} apps are more than the {AT_ONCE} that are watched at the same time; name fewer, a smaller group, or a \
                 --label"
            ))),
            _ => Ok(meant),
        }
    }
}

/// Whether the id is that of the app or group of this name, or below it.
fn is_in(id: &str, name: &str) -> bool {
    let (id, name) = (id.trim_matches('/'), name.trim_matches('/'));
    name.is_empty() || id == name || id.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chosen(named: &[&str], ids: &[&str]) -> Result<Vec<String>, String> {
        let named: Vec<String> = named.iter().map(|name| (*name).to_owned()).collect();
        let apps = ids.iter().map(|id| App::from_value(json!({ "id": id })).unwrap()).collect();
        let chosen = Selection { named: &named, label: None }.among(apps);
        chosen.map(|apps| apps.into_iter().map(|app| app.id).collect()).map_err(|failure| failure.message)
    }

    #[test]
    fn an_id_is_an_app_or_all_apps_of_a_group() {
        let ids = ["/prod/api", "/prod/api-2", "/prod/web/a", "/test"];
        assert_eq!(chosen(&["/prod/api"], &ids).unwrap(), ["/prod/api"], "not what only begins so");
        assert_eq!(chosen(&["prod/", "/test"], &ids).unwrap(), ids);
        assert_eq!(chosen(&["/prod/web"], &ids).unwrap(), ["/prod/web/a"]);
        assert_eq!(chosen(&["/"], &ids).unwrap(), ids);
    }

    #[test]
    fn no_app_and_too_many_are_refused_with_what_to_do() {
        let why = chosen(&["/prod", "/gone"], &["/prod/api"]).unwrap_err();
        assert!(why.starts_with("/gone is neither") && why.contains("such as /prod/api"), "{why}");
        assert!(chosen(&[], &[]).unwrap_err().contains("there is no app"));
        let many: Vec<String> = (0..=AT_ONCE).map(|n| format!("/a/{n:02}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(chosen(&["/a"], &many).unwrap_err().contains("21 apps are more than the 20"));
        assert_eq!(chosen(&["/a"], &many[1..]).unwrap().len(), AT_ONCE);
    }
}
