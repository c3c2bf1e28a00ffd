//! Settings from variables given in the test: the environment of the process is left alone.

use url::Url;

use super::*;

fn resolve(flags: Flags, variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    Settings::resolve(&flags, |name| {
        variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    })
}

fn refusal(variables: &[(&str, &str)]) -> String {
    resolve(Flags::default(), variables).unwrap_err().to_string()
}

#[test]
fn without_a_cluster_one_sentence_says_what_to_set() {
    insta::assert_snapshot!(refusal(&[]), @"no cluster is named: set DCOS_URL with DCOS_USERNAME and DCOS_PASSWORD (or DCOS_ACS_TOKEN), or MARATHON_URL alone for a Marathon without DC/OS");
    assert_eq!(refusal(&[("DCOS_URL", "")]), refusal(&[]), "an empty variable counts as none");
}

#[test]
fn a_cluster_with_user_and_password() {
    let settings = resolve(
        Flags::default(),
        &[("DCOS_URL", "https://dcos.example"), ("DCOS_UID", "bootstrapuser"), ("DCOS_PASSWORD", "deleteme")],
    )
    .unwrap();
    let Access::Dcos { root, marathon, .. } = &settings.access.value else { panic!("{settings:?}") };
    assert_eq!(root.as_str(), "https://dcos.example/");
    assert_eq!(marathon.as_str(), "https://dcos.example/service/marathon/");
    assert_eq!(settings.access.origin, Origin::Environment("DCOS_URL"));
    assert_eq!(settings.trust.value.server, ServerTrust::Roots);
    assert_eq!(settings.trust.origin, Origin::Default);
    let said = format!("{settings:?} {:?}", settings.describe());
    assert!(said.contains("bootstrapuser") && !said.contains("deleteme"), "{said}");
}

#[test]
fn a_pasted_marathon_address_means_its_cluster() {
    let variables = [("DCOS_URL", "https://dcos.example/service/marathon"), ("DCOS_ACS_TOKEN", "a.b.c")];
    let settings = resolve(Flags::default(), &variables).unwrap();
    assert_eq!(settings.access.value.place(), "https://dcos.example/service/marathon/");
    let Access::Dcos { root, .. } = &settings.access.value else { panic!("{settings:?}") };
    assert_eq!(root.as_str(), "https://dcos.example/");
}

#[test]
fn several_marathons_with_basic_authentication() {
    let settings =
        resolve(Flags::default(), &[("MARATHON_URL", "http://me:p%40ss+@m1:8080, http://m2:8080/x")]).unwrap();
    let Access::Marathon { urls, user: Some((user, password)) } = &settings.access.value else {
        panic!("{settings:?}")
    };
    assert_eq!(urls.iter().map(Url::as_str).collect::<Vec<_>>(), ["http://m1:8080/", "http://m2:8080/x"]);
    assert_eq!((user.as_str(), password.reveal()), ("me", "p@ss+"));
    assert!(!format!("{settings:?} {:?}", settings.describe()).contains("p@ss"));
}

#[test]
fn a_flag_wins_and_says_so() {
    let flags = Flags { url: Some("http://127.0.0.1:8080".into()), insecure: true, ..Flags::default() };
    let settings = resolve(flags, &[("MARATHON_URL", "http://other"), ("DCOS_SSL_VERIFY", "true")]).unwrap();
    assert_eq!(settings.access.value.place(), "http://127.0.0.1:8080/");
    assert_eq!(settings.access.origin, Origin::Flag("--url"));
    assert!(settings.trust.value.is_insecure());
    assert_eq!(settings.trust.origin, Origin::Flag("--insecure"));
}

#[test]
fn trust_is_true_false_or_a_file() {
    let trust = |text: &str| {
        resolve(Flags::default(), &[("MARATHON_URL", "http://m"), ("DCOS_SSL_VERIFY", text)])
            .map(|s| s.trust.value.server)
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    assert_eq!(trust("true"), Ok(ServerTrust::Roots));
    assert_eq!(trust("False"), Ok(ServerTrust::Insecure));
    assert_eq!(trust(path), Ok(ServerTrust::CaFile(path.into())));
    assert!(trust("maybe").is_err());
}

#[test]
fn what_will_not_do_is_said_in_one_sentence_without_secrets() {
    let cases: &[&[(&str, &str)]] = &[
        &[("DCOS_URL", "https://d")],
        &[("DCOS_URL", "https://d"), ("DCOS_USERNAME", "u")],
        &[("DCOS_URL", "https://d"), ("DCOS_PASSWORD", "hunter2")],
        &[("DCOS_URL", "https://d"), ("DCOS_USERNAME", "u"), ("DCOS_UID", "v"), ("DCOS_PASSWORD", "hunter2")],
        &[("DCOS_URL", "https://u:hunter2@d"), ("DCOS_ACS_TOKEN", "hunter2")],
        &[("DCOS_URL", "https://d"), ("MARATHON_URL", "http://m")],
        &[("DCOS_URL", "dcos.example"), ("DCOS_ACS_TOKEN", "hunter2")],
        &[("DCOS_URL", "https://d"), ("DCOS_SERVICE_ACCOUNT_CREDENTIAL", "{hunter2")],
        &[("DCOS_URL", "https://d"), ("DCOS_SERVICE_ACCOUNT_CREDENTIAL", "{\"uid\":\"me\"}")],
        &[("MARATHON_URL", "ftp://me:hunter2@m")],
        &[("MARATHON_URL", ",")],
        &[("MARATHON_URL", "http://m"), ("MARATHON_PASSWORD", "hunter2")],
        &[("MARATHON_URL", "http://m"), ("HC_RIG_PATIENCE", "0")],
        &[("MARATHON_URL", "http://m"), ("DCOS_SSL_PIN", "AA:BB")],
        &[("MARATHON_URL", "http://m"), ("DCOS_CLIENT_KEY", "key.pem")],
    ];
    let said: Vec<String> = cases.iter().map(|variables| refusal(variables)).collect();
    insta::assert_snapshot!(said.join("\n"));
    assert!(said.iter().all(|said| !said.contains("hunter2") && !said.contains('\n')), "{said:#?}");
}
