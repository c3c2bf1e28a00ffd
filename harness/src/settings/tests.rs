//! Settings from variables given in the test: the environment of the process is left alone.

use url::Url;

use super::*;

fn resolve(input: SettingsInput, variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let lookup = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    input.or_variables(lookup)?.resolve()
}

fn refusal(variables: &[(&str, &str)]) -> String {
    resolve(SettingsInput::default(), variables).unwrap_err().to_string()
}

#[test]
fn without_a_cluster_the_error_names_the_variables_to_set() {
    insta::assert_snapshot!(refusal(&[]), @"no cluster is named: set DCOS_URL with DCOS_USERNAME and DCOS_PASSWORD (or DCOS_ACS_TOKEN), or MARATHON_URL alone for a Marathon without DC/OS");
    assert_eq!(refusal(&[("DCOS_URL", "")]), refusal(&[]), "an empty variable counts as none");
}

#[test]
fn a_cluster_with_user_and_password() {
    let settings = resolve(
        SettingsInput::default(),
        &[("DCOS_URL", "https://dcos.example"), ("DCOS_UID", "bootstrapuser"), ("DCOS_PASSWORD", "deleteme")],
    )
    .unwrap();
    let Access::Dcos { root, marathon, .. } = &settings.access.value else { panic!("{settings:?}") };
    assert_eq!(root.as_str(), "https://dcos.example/");
    assert_eq!(marathon.as_str(), "https://dcos.example/service/marathon/");
    assert_eq!(settings.access.origin, Origin::Environment("DCOS_URL"));
    assert_eq!(settings.trust.value.server, ServerTrust::Roots);
    assert_eq!(settings.trust.origin, Origin::Default);
    let rendered = format!("{settings:?} {:?}", settings.describe());
    assert!(rendered.contains("bootstrapuser") && !rendered.contains("deleteme"), "{rendered}");
}

#[test]
fn a_pasted_marathon_address_means_its_cluster() {
    let variables = [("DCOS_URL", "https://dcos.example/service/marathon"), ("DCOS_ACS_TOKEN", "a.b.c")];
    let settings = resolve(SettingsInput::default(), &variables).unwrap();
    assert_eq!(settings.access.value.place(), "https://dcos.example/service/marathon/");
    let Access::Dcos { root, .. } = &settings.access.value else { panic!("{settings:?}") };
    assert_eq!(root.as_str(), "https://dcos.example/");
}

#[test]
fn several_marathons_with_basic_authentication() {
    let settings =
        resolve(SettingsInput::default(), &[("MARATHON_URL", "http://me:p%40ss+@m1:8080, http://m2:8080/x")]).unwrap();
    let Access::Marathon { urls, user: Some((user, password)) } = &settings.access.value else {
        panic!("{settings:?}")
    };
    assert_eq!(urls.iter().map(Url::as_str).collect::<Vec<_>>(), ["http://m1:8080/", "http://m2:8080/x"]);
    assert_eq!((user.as_str(), password.reveal()), ("me", "p@ss+"));
    assert!(!format!("{settings:?} {:?}", settings.describe()).contains("p@ss"));
}

#[test]
fn a_value_of_the_program_wins_over_the_environment() {
    let input = SettingsInput {
        address: Some(Setting::from_program("--url", Address::Either("http://127.0.0.1:8080".into()))),
        server_trust: Some(Setting::from_program("--insecure", ServerTrust::Insecure)),
        ..SettingsInput::default()
    };
    let settings = resolve(input, &[("MARATHON_URL", "http://other"), ("DCOS_SSL_VERIFY", "true")]).unwrap();
    assert_eq!(settings.access.value.place(), "http://127.0.0.1:8080/");
    assert_eq!(settings.access.origin, Origin::Program("--url"));
    assert!(settings.trust.value.is_insecure());
    assert_eq!(settings.trust.origin, Origin::Program("--insecure"));
}

#[test]
fn trust_is_true_false_or_a_file() {
    let trust = |text: &str| {
        resolve(SettingsInput::default(), &[("MARATHON_URL", "http://m"), ("DCOS_SSL_VERIFY", text)])
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
fn refusals_are_one_sentence_without_secrets() {
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
        &[("MARATHON_URL", "http://m"), ("HC_RIG_TIMEOUT_FACTOR", "0")],
        &[("MARATHON_URL", "http://m"), ("DCOS_SSL_PIN", "AA:BB")],
        &[("MARATHON_URL", "http://m"), ("DCOS_CLIENT_KEY", "key.pem")],
    ];
    let rendered: Vec<String> = cases.iter().map(|variables| refusal(variables)).collect();
    insta::assert_snapshot!(rendered.join("\n"));
    assert!(rendered.iter().all(|rendered| !rendered.contains("hunter2") && !rendered.contains('\n')), "{rendered:#?}");
}

/// A key in a format of its own, in quotation marks or without its braces is taken for a name of a file.
#[test]
fn a_service_account_that_is_no_file_is_not_shown() {
    let json = r#"{"uid":"robot","private_key":"hunter2"}"#;
    let forms =
        [format!("'{json}'"), format!("\u{feff}{json}"), format!("[{json}]"), String::from("-----BEGIN hunter2")];
    for form in forms {
        let refused = refusal(&[("DCOS_URL", "https://d"), ("DCOS_SERVICE_ACCOUNT_CREDENTIAL", &form)]);
        assert!(refused.ends_with("nor the name of a file") && !refused.contains("hunter2"), "{refused}");
    }
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    let refused = refusal(&[("DCOS_URL", "https://d"), ("DCOS_SERVICE_ACCOUNT_CREDENTIAL", place)]);
    assert!(refused.contains(place), "what is there is named: {refused}");
}

#[test]
fn the_old_name_of_the_timeout_factor_is_read_where_the_new_one_is_not_set() {
    let factor = |variables: &[(&str, &str)]| {
        let variables: Vec<_> = variables.iter().copied().chain([("MARATHON_URL", "http://m")]).collect();
        resolve(SettingsInput::default(), &variables).unwrap().timeout_factor
    };
    assert_eq!(factor(&[("HC_RIG_PATIENCE", "2")]), Setting::from_variable("HC_RIG_PATIENCE", 2.0));
    let both = [("HC_RIG_PATIENCE", "2"), ("HC_RIG_TIMEOUT_FACTOR", "3")];
    assert_eq!(factor(&both), Setting::from_variable("HC_RIG_TIMEOUT_FACTOR", 3.0));
    assert_eq!(factor(&[]), Setting::default_of(1.0));
}

#[test]
fn a_user_without_password_is_distinguished_from_other_credentials() {
    let user = |variables: &[(&str, &str)]| {
        let lookup = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        SettingsInput::default().or_variables(lookup).unwrap().user_without_password().map(str::to_owned)
    };
    assert_eq!(user(&[("DCOS_UID", "me")]).as_deref(), Some("me"));
    assert_eq!(user(&[("DCOS_UID", "me"), ("DCOS_PASSWORD", "x")]), None);
    assert_eq!(user(&[("DCOS_UID", "me"), ("DCOS_ACS_TOKEN", "x")]), None);
    assert_eq!(user(&[]), None);
}

#[test]
fn root_certificates_that_are_named_are_where_trust_comes_from() {
    let from = |more: &[(&'static str, &str)]| {
        let variables = [&[("MARATHON_URL", "https://m:8443")][..], more].concat();
        let trust = resolve(SettingsInput::default(), &variables).unwrap().trust;
        (trust.value.server, trust.origin)
    };
    let roots = |name| (ServerTrust::Roots, Origin::Environment(name));
    assert_eq!(from(&[("SSL_CERT_FILE", "/ca/ca.crt")]), roots("SSL_CERT_FILE"));
    assert_eq!(from(&[("SSL_CERT_DIR", "/ca"), ("DCOS_SSL_VERIFY", "true")]), roots("SSL_CERT_DIR"));
    assert_eq!(from(&[("DCOS_SSL_VERIFY", "true")]), roots("DCOS_SSL_VERIFY"));
    assert_eq!(from(&[("SSL_CERT_FILE", "/ca/ca.crt"), ("DCOS_SSL_VERIFY", "false")]).0, ServerTrust::Insecure);
    assert_eq!(from(&[]), (ServerTrust::Roots, Origin::Default));
}

/// Whoever sets it to the token instead of the name of its file would else see it on the screen.
#[test]
fn a_token_in_place_of_the_name_of_its_file_is_not_shown() {
    let variables = [("DCOS_URL", "https://dcos.example"), ("DCOS_ACS_TOKEN_FILE", "eyJ4711.geheim.x")];
    let described = format!("{:?}", resolve(SettingsInput::default(), &variables).unwrap().describe());
    assert!(
        described.contains("the token in a file that is not there") && !described.contains("geheim"),
        "{described}"
    );
}
