//! Everything that people hand to `hc-rig run` is read or named for what it is.

use std::path::{Path, PathBuf};

use rstest::rstest;
use serde_json::{Value, json};

use crate::{exit::Code, run::Definition};

fn load(content: &[u8]) -> Result<Definition, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.json");
    std::fs::write(&file, content).unwrap();
    let place = folder.path().display().to_string() + "/";
    Definition::load(file.to_str().unwrap()).map_err(|failure| {
        assert_eq!(failure.code, Code::Usage, "{}", failure.message);
        assert!(!failure.message.contains('\n'), "one line: {}", failure.message);
        failure.message.replace(&place, "")
    })
}

#[rstest]
#[case::empty(b"", "app.json: it is empty; write an app definition")]
#[case::blanks(b" \n\t", "app.json: it is empty; write an app definition")]
#[case::gzip(b"\x1f\x8b\x08\0\0\0\0\0", "it is compressed with gzip; unpack it first")]
#[case::zip(b"PK\x03\x04\x14\0", "it is a ZIP archive")]
#[case::bzip2(b"BZh91AY", "compressed with bzip2")]
#[case::xz(b"\xfd7zXZ\0\0", "compressed with xz")]
#[case::zstd(b"\x28\xb5\x2f\xfd\x04", "compressed with zstd")]
#[case::program(b"\x7fELF\x02\x01", "it is a program")]
#[case::pdf(b"%PDF-1.4\n", "it is a PDF")]
#[case::latin_1(
    b"{\"id\": \"/caf\xe9\"}",
    "it is not text in UTF-8 (from byte 13 on; perhaps Latin-1); save it in UTF-8"
)]
#[case::half_utf_16(b"\xff\xfe{\0}", "nor whole text in UTF-16")]
#[case::html(b"\n<!DOCTYPE html>\n<html><body>Sign in</body></html>", "it is an HTML page")]
#[case::html_without_a_doctype(b"<HTML><head>", "it is an HTML page")]
#[case::xml(b"<?xml version=\"1.0\"?><app/>", "it is XML")]
#[case::mustache(
    b"{\n  \"id\": \"{{service.name}}\",\n  \"cpus\": {{service.cpus}}\n}\n",
    "it is a template (it has {{service.name}}); fill it in first"
)]
#[case::mustache_section(
    b"{\n  \"id\": \"/a\"{{#tls}},\n  \"env\": {}{{/tls}}\n}",
    "it is a template (it has {{#tls}})"
)]
#[case::mustache_in_the_id(b"{\"id\": \"/{{{service.name}}}\", \"cmd\": \"true\"}", "its \"id\" has {{service.name}}")]
#[case::comment(
    b"{\"id\":\"/c\", \"cmd\":\"a // b\", // why\n \"cpus\":0.1}",
    "it has a comment at line 1, column 29, and JSON has none"
)]
#[case::block_comment(b"{\"id\":\"/c\",\n /* why\n so */ \"cpus\":0.1}", "it has a comment at line 2, column 2")]
#[case::hash_comment(b"# my app\n{\"id\":\"/c#1\"}", "it has a comment at line 1, column 1")]
#[case::yaml(b"# my app\nid: /y\ncmd: sleep 1000\n", "it is YAML, and Marathon reads JSON")]
#[case::yaml_document(b"---\nid: /y\n", "it is YAML")]
#[case::yaml_list(b"- id: /y\n", "it is YAML")]
#[case::kubernetes(b"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n", "it is YAML for Kubernetes")]
#[case::compose(b"version: '3'\nservices:\n  web:\n    image: nginx\n", "it is a file of Docker Compose")]
#[case::toml(b"id = \"/a\"\n", "it is TOML")]
#[case::toml_table(b"[app]\nid = \"/a\"\n", "not JSON")]
#[case::words(b"hello there", "not JSON")]
#[case::trailing_comma(b"{\"id\": \"/a\",}", "app.json:1:13: not JSON: ")]
fn a_text_that_is_no_json_is_named(#[case] content: &[u8], #[case] says: &str) {
    let said = load(content).unwrap_err();
    assert!(said.contains(says), "{said}");
}

#[rstest]
#[case::list(json!([{"id": "/a"}, {"id": "/b"}]), "this is a list of 2 apps; put one of them into a file of its own")]
#[case::list_of_numbers(json!([1]), "this is a list; an app definition is one JSON object")]
#[case::text(json!("/a"), "this is a text in JSON")]
#[case::number(json!(7), "this is 7; an app definition is one JSON object")]
#[case::nothing(json!(null), "this is null")]
#[case::wrapped(json!({"app": {"id": "/w", "cmd": "true"}}), "this is Marathon's answer about an app")]
#[case::all_apps(json!({"apps": [{"id": "/w"}]}), "this is Marathon's answer about apps")]
#[case::group(json!({"id": "/g", "apps": [{"id": "a"}]}), "this is a group; use a file with one app")]
#[case::group_of_groups(json!({"id": "/g", "groups": []}), "this is a group")]
#[case::status_of_a_pod(json!({"id": "/p", "spec": {"containers": []}, "instances": []}), "this is Marathon's answer about a pod")]
#[case::kubernetes(json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": []}}), "this is an object of Kubernetes")]
#[case::package(json!({"packagingVersion": "3.0", "name": "a", "marathon": {"v2AppMustacheTemplate": "e30="}}), "this describes a package of DC/OS")]
#[case::package_config(json!({"$schema": "http://json-schema.org/schema#", "properties": {}}), "this is a file of a DC/OS package")]
#[case::package_resource(json!({"assets": {"uris": {}}}), "this is a file of a DC/OS package")]
#[case::refusal(json!({"message": "Object is not valid", "details": []}), "this is an error that Marathon answered")]
#[case::run(json!({"format": 1, "pair": "mesos,TCP", "definition": {"id": "/a"}}), "this is run.json of a run")]
#[case::metronome(json!({"id": "a", "run": {"cmd": "true"}}), "this is a job of Metronome")]
#[case::chronos(json!({"name": "a", "schedule": "R/2026-01-01T00:00:00Z/PT1H", "command": "true"}), "this is a job of Chronos")]
#[case::ecs(json!({"family": "a", "containerDefinitions": []}), "this is a task definition of Amazon ECS")]
#[case::compose(json!({"services": {"web": {}}}), "this is a file of Docker Compose")]
#[case::no_id(json!({"cmd": "true"}), "the app definition has no \"id\"")]
fn json_that_is_no_app_is_named(#[case] content: Value, #[case] says: &str) {
    let said = load(content.to_string().as_bytes()).unwrap_err();
    assert!(said.contains(says), "{said}");
}

#[test]
fn a_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let said = Definition::load(folder.path().to_str().unwrap()).unwrap_err();
    assert!(said.message.contains("it is a folder; name a file in it"), "{}", said.message);
}

/// Marathon reads all of these encodings (recorded for the marks: `json.texts`).
#[test]
fn every_encoding_of_json_is_read() {
    let text = r#"{"id": "/größe", "cmd": "sleep 1000"}"#;
    let marked = format!("\u{feff}{text}");
    let utf16 = |text: &str, unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    let utf32 =
        |text: &str, unit: fn(u32) -> [u8; 4]| text.chars().flat_map(|c| unit(u32::from(c))).collect::<Vec<u8>>();
    for text in [text, &marked] {
        for bytes in [
            text.as_bytes().to_vec(),
            utf16(text, u16::to_le_bytes),
            utf16(text, u16::to_be_bytes),
            utf32(text, u32::to_le_bytes),
            utf32(text, u32::to_be_bytes),
        ] {
            let read = load(&bytes).unwrap_or_else(|said| panic!("{said}: {bytes:?}"));
            assert_eq!(read.json["id"], "/größe");
        }
    }
}

/// Braces and slashes mean nothing in a command.
#[rstest]
#[case(json!({"id": "/a", "cmd": "docker ps --format '{{.Names}}' # {{x}} // y"}))]
#[case(json!({"id": "/a", "// TODO:": "change all", "env": {"//TODO": "memory"}, "storeUrls": [], "tasksRunning": 0}))]
fn an_app_with_oddities_is_an_app(#[case] app: Value) {
    assert_eq!(load(app.to_string().as_bytes()).unwrap().json, app);
}

/// The definitions that people brought (issue 21, case 30), in the seeds of the fuzz targets.
#[rstest]
#[case("01-general-check.json", None)]
#[case("02-named-port-env.json", None)]
#[case("05-long-label.json", None)]
#[case("09-fetch.json", None)]
#[case("10-same-host-port-twice.json", None)]
#[case("27-pulsar-group.json", Some("this is a group"))]
#[case("33-mended-while-waiting.json", Some("not JSON"))]
#[case("38-readiness-ms.json", None)]
#[case("bom.json", None)]
#[case("pod.json", None)]
#[case("single.json", None)]
#[case("u16.json", None)]
#[case("wrapped.json", Some("this is Marathon's answer about an app"))]
fn what_people_brought_is_read_or_named(#[case] name: &str, #[case] says: Option<&str>) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fake-marathon/tests/fuzz/seeds").join(name);
    let read = load(&std::fs::read(path).unwrap());
    match says {
        None => drop(read.unwrap()),
        Some(says) => assert!(read.as_ref().is_err_and(|said| said.contains(says)), "{read:?}"),
    }
}
