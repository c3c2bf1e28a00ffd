//! Who gets in, whom the program trusts, and what it says when the answer is no.

use std::fs;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use rstest::rstest;
use serde_json::json;
use tempfile::TempDir;

use crate::{
    fake::Fake,
    hc_rig::{HcRig, ends_with, stderr, stdout},
};

/// Files with keys and certificates, made for one test.
struct Keys(TempDir);

impl Keys {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.path().join(name);
        fs::write(&path, text).expect("a file can be written");
        path.to_str().expect("a path in UTF-8").to_owned()
    }

    /// A service account's key pair: the private key in PEM, and a file with the public one.
    fn account(&self) -> (String, String) {
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("a key pair");
        (pair.serialize_pem(), self.file("public.pem", &pair.public_key_pem()))
    }

    /// An authority for clients, and a client's certificate with its key.
    fn client(&self) -> [String; 3] {
        self.signed(CertificateParams::default())
    }

    /// An authority for servers, and the certificate of the server at 127.0.0.1 with its key.
    fn server(&self) -> [String; 3] {
        self.signed(CertificateParams::new(["127.0.0.1".to_owned()]).expect("a name"))
    }

    fn signed(&self, certificate: CertificateParams) -> [String; 3] {
        let (key, mut ca) = (KeyPair::generate().expect("a key"), CertificateParams::default());
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = ca.self_signed(&key).expect("an authority").pem();
        let own = KeyPair::generate().expect("a key");
        let certificate = certificate.signed_by(&own, &Issuer::new(ca, key)).expect("a certificate");
        [
            self.file("authority.pem", &authority),
            self.file("certificate.pem", &certificate.pem()),
            self.file("key.pem", &own.serialize_pem()),
        ]
    }
}

fn login(url: &str, flags: &[&str]) -> HcRig {
    let arguments: Vec<&str> = ["login", "--url", url].into_iter().chain(flags.iter().copied()).collect();
    HcRig::new(&arguments)
}

#[test]
fn a_service_account_logs_in_with_its_key_and_no_other() {
    let keys = Keys::new();
    let (private, public) = keys.account();
    let fake = Fake::start(&["--service-account", &format!("robot:{public}")]);
    let credential = |key: &str| serde_json::json!({"uid": "robot", "private_key": key, "scheme": "RS256"}).to_string();
    let good = login(&fake.url, &[]).env("DCOS_SERVICE_ACCOUNT_CREDENTIAL", &credential(&private)).run();
    ends_with(&good, 0);
    assert!(stdout(&good).starts_with("login ok\n") && stdout(&good).contains("robot (service account)"));
    let (other, _) = keys.account();
    let bad = login(&fake.url, &[]).env("DCOS_SERVICE_ACCOUNT_CREDENTIAL", &credential(&other)).run();
    ends_with(&bad, 4);
    assert!(stderr(&bad).contains("refused: 401 Unauthorized: Provided credentials are invalid;"), "{}", stderr(&bad));
}

#[test]
fn basic_authentication_needs_the_right_pair() {
    let fake = Fake::start(&["--basic-auth", "me:hunter2"]);
    let with = |password| login(&fake.url, &[]).env("MARATHON_USER", "me").env("MARATHON_PASSWORD", password).run();
    ends_with(&with("hunter2"), 0);
    let refused = with("hunter3");
    ends_with(&refused, 4);
    assert!(stderr(&refused).contains("check DCOS_USERNAME") && stderr(&refused).contains("MARATHON_PASSWORD"));
}

/// Nothing can be verified without TLS, and everybody on the way can read a login.
#[test]
fn without_tls_trust_is_refused_and_a_login_leaves_the_machine_only_when_told_to() {
    let fake = Fake::start(&["--basic-auth", "me:hunter2"]);
    let zeros = ["00"; 32].join(":");
    for flags in [&["--insecure"][..], &["--pin", &zeros], &["--ca", "/nowhere"]] {
        let refused = login(&fake.url, flags).run();
        ends_with(&refused, 2);
        assert!(stderr(&refused).contains("is about TLS"), "{}", stderr(&refused));
    }
    let far = |flags: &[&str]| login("http://marathon.invalid:8080", flags);
    let as_me = |rig: HcRig| rig.env("MARATHON_USER", "me").env("MARATHON_PASSWORD", "hunter2").run();
    let refused = as_me(far(&[]));
    ends_with(&refused, 2);
    assert!(stderr(&refused).contains("--insecure-http"), "{}", stderr(&refused));
    ends_with(&far(&[]).user("me", "hunter2").run(), 2);
    ends_with(&as_me(far(&["--insecure-http"])), 5);
    ends_with(&far(&[]).run(), 5);
    // What the environment promises is refused like a flag; on this machine it is meant for another cluster.
    for (name, value) in [("DCOS_SSL_PIN", zeros.as_str()), ("DCOS_SSL_VERIFY", "/etc/hostname")] {
        let refused = far(&["--insecure-http"]).env(name, value).run();
        ends_with(&refused, 2);
        assert!(stderr(&refused).contains(&format!("{name} is about TLS")), "{}", stderr(&refused));
    }
    let here = login(&fake.url, &[]).env("DCOS_SSL_PIN", &zeros).env("MARATHON_USER", "me");
    ends_with(&here.env("MARATHON_PASSWORD", "hunter2").run(), 0);
}

#[test]
fn a_client_certificate_is_sent_where_the_server_requires_one() {
    let keys = Keys::new();
    let [authority, certificate, key] = keys.client();
    let fake = Fake::start(&["--tls", "self-signed", "--client-ca", &authority]);
    let nobody = login(&fake.url, &["--insecure"]).run();
    ends_with(&nobody, 4);
    assert!(stderr(&nobody).contains("name yours with --cert FILE and --key FILE"), "{}", stderr(&nobody));
    ends_with(&login(&fake.url, &["--insecure", "--cert", &certificate, "--key", &key]).run(), 0);
    ends_with(&login(&fake.url, &["--insecure", "--cert", &certificate]).run(), 2);
}

#[test]
fn the_clusters_own_ca_is_trusted_only_with_its_pin() {
    let fake = Fake::start(&["--tls", "self-signed", "--user", "me:hunter2"]);
    let with = |flags: &[&str]| login(&fake.url, flags).user("me", "hunter2").run();
    let untrusted = with(&[]);
    ends_with(&untrusted, 4);
    assert!(stderr(&untrusted).contains("--ca-from-cluster"), "{}", stderr(&untrusted));

    let unpinned = with(&["--ca-from-cluster"]);
    ends_with(&unpinned, 4);
    let said = stderr(&unpinned);
    let pin = said.trim().rsplit(' ').next().expect("the sentence ends with the fingerprint");
    assert_eq!(pin.len(), 95, "{said}");
    let trusted = with(&["--ca-from-cluster", "--pin", pin]);
    ends_with(&trusted, 0);
    assert!(stdout(&trusted).contains(&format!("verified by the cluster's CA {pin}")), "{}", stdout(&trusted));

    let other = pin.replace(|c: char| c.is_ascii_hexdigit(), "0");
    let refused = with(&["--ca-from-cluster", "--pin", &other]);
    ends_with(&refused, 4);
    let said = stderr(&refused);
    assert!(said.contains(pin) && said.contains("nothing was sent. Ask the operator of the cluster"), "{said}");
}

#[test]
fn a_ca_in_a_file_is_trusted_and_what_is_none_is_refused_in_one_sentence() {
    let keys = Keys::new();
    let [ca, certificate, key] = keys.server();
    let fake = Fake::start(&["--tls", &format!("{certificate},{key}"), "--user", "me:hunter2"]);
    let with = |flags: &[&str], verify| login(&fake.url, flags).user("me", "hunter2").env("DCOS_SSL_VERIFY", verify);
    ends_with(&with(&[], &ca).run(), 0);
    let zeros = ["00"; 32].join(":");
    let cases: [(&[&str], &str, i32, &str); 10] = [
        (&[], &certificate, 4, "name its CA with --ca FILE"),
        (&[], &key, 2, "it contains no certificate"),
        (&[], "/nowhere", 2, "neither true nor false nor a file of CA certificates"),
        (&["--ca", "/nowhere"], "", 2, "cannot use /nowhere"),
        (&["--pin", &zeros], "", 4, "not the pinned 00:00:00"),
        (&["--pin", &zeros], "", 4, "which of the two is right"),
        (&["--pin", "none"], "", 2, "not a SHA-256 fingerprint"),
        (&["--pin", &zeros, "--insecure"], "", 2, "exclude each other"),
        (&["--ca-from-cluster"], "", 5, "dcos-ca.crt: 404"),
        (&["--cert", &ca, "--key", &key], &ca, 2, "it is not the key of the certificate in"),
    ];
    for (flags, verify, code, says) in cases {
        let refused = with(flags, verify).run();
        ends_with(&refused, code);
        let said = stderr(&refused);
        assert!(said.contains(says) && said.trim().lines().count() == 1, "{flags:?} {verify}: {said}");
    }
}

#[test]
fn a_run_without_verification_says_so_in_every_report() {
    let fake = Fake::start(&["--tls", "self-signed", "--user", "me:hunter2", "--tasks", "process"]);
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let arguments =
        ["run", "mesos,TCP", "--target", "1", "--insecure", "--url", &fake.url, "--out", out.to_str().expect("a path")];
    let output = HcRig::new(&arguments).user("me", "hunter2").run();
    ends_with(&output, 0);
    let mut places = vec![("stdout".to_owned(), stdout(&output))];
    for name in ["report.html", "run.json"] {
        places.push((name.to_owned(), fs::read_to_string(out.join(name)).expect("a file of the run")));
    }
    for (name, text) in places {
        assert!(text.contains("NOT VERIFIED"), "{name}");
    }
}

#[rstest]
#[case::no_password(&[("DCOS_USERNAME", "me")], 2, "DCOS_USERNAME is set without DCOS_PASSWORD")]
#[case::wrong_password(&[("DCOS_USERNAME", "me"), ("DCOS_PASSWORD", "wrong")], 4, "check DCOS_USERNAME")]
#[case::bad_token(&[("DCOS_ACS_TOKEN", "a.b.c")], 4, "401")]
#[case::no_key(&[("DCOS_SERVICE_ACCOUNT_CREDENTIAL", r#"{"uid":"robot","private_key":"x"}"#)], 4, "is not an RSA key (PEM)")]
#[case::failing_command(&[("DCOS_ACS_TOKEN_COMMAND", "exit 3")], 4, "it failed with exit status: 3")]
#[case::no_token_file(&[("DCOS_ACS_TOKEN_FILE", "nowhere")], 4, "no token from the token file")]
#[case::nobody_at_all(&[], 4, "401")]
fn a_refusal_is_one_sentence_and_nothing_is_deployed(
    #[case] variables: &[(&str, &str)],
    #[case] code: i32,
    #[case] says: &str,
) {
    let fake = Fake::start(&["--user", "me:hunter2"]);
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let arguments = ["run", "mesos,TCP", "--url", &fake.url, "--out", out.to_str().expect("a path")];
    let run = variables.iter().fold(HcRig::new(&arguments), |run, (name, value)| run.env(name, value)).run();
    ends_with(&run, code);
    let said = stderr(&run);
    assert!(said.starts_with("hc-rig: ") && said.trim().lines().count() == 1 && said.contains(says), "{said}");
    assert!(!out.exists(), "a refused run leaves no folder");
    let apps = HcRig::new(&["apps", "--url", &fake.url]).user("me", "hunter2").run();
    assert!(stdout(&apps).ends_with("0 apps\n"), "{}", stdout(&apps));
}

/// On DC/OS Enterprise these are rights of their own, and a run needs none of them.
#[test]
fn who_may_only_deploy_can_measure() {
    let fake = Fake::start(&["--admin", "127.0.0.1:0"]);
    for path in ["/v2/info", "/v2/leader", "/v2/events", "/mesos"] {
        let refusal = json!({"http": {"status": {"code": 403, "message": "Not Authorized to perform this action!"}}});
        fake.inject(&json!({"match": {"path": path}, "act": refusal}));
    }
    let doctor = HcRig::new(&["doctor", "--no-probe", "--url", &fake.url]).run();
    ends_with(&doctor, 0);
    let line = "Marathon     version and leader unknown: this user may not read /v2/info\n";
    assert!(stdout(&doctor).contains(line), "{}", stdout(&doctor));

    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let measured = ["run", "mesos,MESOS_TCP", "--target", "2", "--hold", "1s", "--poll", "200ms", "--url", &fake.url];
    let run = HcRig::new(&[&measured[..], &["--out", out.to_str().expect("a path in UTF-8")]].concat()).run();
    ends_with(&run, 0);
    assert!(stdout(&run).contains("no event stream"), "{}", stdout(&run));
    assert!(stderr(&run).contains("Marathon (this user may not read the version)"), "{}", stderr(&run));
    ends_with(&HcRig::new(&["clean", out.to_str().expect("a path in UTF-8"), "--url", &fake.url]).run(), 0);
    fake.has_nothing_left();
}

#[test]
fn a_setting_is_reported_with_its_origin() {
    let fake = Fake::start(&["--user", "me:hunter2"]);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("mine.toml"), format!("url = [\"{}\"]\n", fake.url)).expect("a file");
    let login = |arguments: &[&str], url: Option<&str>| {
        let mut rig = HcRig::new(arguments).user("me", "hunter2").env("HC_RIG_CONFIG", "mine.toml").command();
        rig.current_dir(folder.path()).envs(url.map(|url| ("HC_RIG_URL", url)));
        let output = rig.output().expect("the program can be started");
        ends_with(&output, 0);
        let from = |line: &str| line.rsplit_once("(from ").map(|(_, from)| from.trim_end_matches(')').to_owned());
        stdout(&output).lines().filter_map(from).take(2).collect::<Vec<_>>()
    };
    assert_eq!(login(&["login"], None), ["mine.toml", "DCOS_USERNAME"]);
    assert_eq!(login(&["login"], Some(&fake.url)), ["HC_RIG_URL", "DCOS_USERNAME"]);
    assert_eq!(login(&["login", "--url", &fake.url, "--user", "me"], None), ["--url", "--user"]);
}

#[test]
fn the_doctor_tells_the_same_to_people_and_to_programs() {
    let fake = Fake::start(&["--user", "me:hunter2", "--agents", "2", "--no-docker"]);
    let doctor = |flags: &[&str]| {
        let output = HcRig::new(&[&["doctor", "--no-probe", "--url", &fake.url], flags].concat()).user("me", "hunter2");
        let output = output.run();
        ends_with(&output, 0);
        stdout(&output)
    };
    let none = Fake::start(&["--agents", "1", "--agent-cpus", "0.0001"]);
    let refused = HcRig::new(&["doctor", "--url", &none.url, "--no-probe"]).run();
    ends_with(&refused, 3);
    assert!(
        stdout(&refused)
            .ends_with("\nNO GO        no agent has room for one task; scale something down, or add an agent\n"),
        "{}",
        stdout(&refused)
    );
    assert!(stdout(&refused).contains("certificate  NOT VERIFIED: no TLS"), "{}", stdout(&refused));
    let found: serde_json::Value = serde_json::from_str(&doctor(&["--json"])).expect("one JSON value");
    assert_eq!((&found["identity"], &found["programs"]), (&"me".into(), &serde_json::Value::Null));
    assert_eq!((&found["marathon"]["version"], &found["deployments"]), (&"1.11.26".into(), &0.into()));
    assert_eq!((&found["mesos"]["version"], &found["mesos"]["free"]["cpus"]), (&"1.12.0".into(), &128.0.into()));
    assert_eq!((&found["agents"][1]["hostname"], &found["agents"][1]["docker"]), (&"127.0.0.2".into(), &false.into()));
    assert_eq!((&found["runs"], &found["not_ours"]), (&serde_json::json!([]), &serde_json::json!([])));
    let identity = &found["settings"][1];
    assert_eq!((&identity["value"], &identity["from"]), (&"me (password)".into(), &"DCOS_USERNAME".into()));
    let text = doctor(&[]);
    for line in ["user         me", "Mesos        1.12.0, 2 agents, free: 128.0 CPUs", "\nGO           2 of 6 pairs"] {
        assert!(text.contains(line), "{line:?} in {text}");
    }
    let agent = text.lines().find(|line| line.trim_start().starts_with("127.0.0.2")).expect("a row of the table");
    assert_eq!(agent.split_whitespace().nth(1), Some("mesos"), "{text}");
    assert_eq!((&found["ready"]["go"], found["ready"]["why"].is_string()), (&true.into(), true));
}
