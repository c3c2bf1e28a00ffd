//! Files in a sandbox.

use super::{unpack::run, *};

fn file(uri: String) -> FetchedFile {
    FetchedFile { uri, extract: true, executable: false, cache: false, dest_path: None }
}

/// Packs what is in a folder into an archive there.
async fn pack(folder: &Path, archive: &str, what: &str) {
    run("tar", ["-czf", archive, what].map(str::to_owned).into(), folder).await.unwrap();
}

/// Recorded in `fetch.files`.
#[tokio::test]
async fn files_are_copied_and_archives_unpacked() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(from.path().join("a"), "hi\n").unwrap();
    fs::create_dir(from.path().join("d")).unwrap();
    fs::write(from.path().join("d/inside"), "in\n").unwrap();
    let folder = from.path().to_str().unwrap().to_owned();
    pack(from.path(), "b.tar.gz", "d").await;
    let files = [
        FetchedFile { dest_path: Some("other".into()), ..file(format!("file://{folder}/a")) },
        FetchedFile { executable: true, ..file(format!("{folder}/a")) },
        file(format!("file://{folder}/b.tar.gz")),
    ];
    all(&files, to.path(), &to.path().join("cache")).await.unwrap();
    let text = |name: &str| fs::read_to_string(to.path().join(name)).unwrap();
    assert_eq!([text("other"), text("a"), text("d/inside")], ["hi\n", "hi\n", "in\n"]);
    let mode = |name: &str| fs::metadata(to.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!([mode("other"), mode("a"), mode("b.tar.gz")], [0o644, 0o755, 0o644]);
}

/// `cp` copies them, and `gunzip` writes into the sandbox itself.
#[tokio::test]
async fn a_copy_keeps_its_mode_and_what_is_unpacked_lies_in_the_sandbox() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let source = |name: &str| from.path().join(name);
    fs::write(source("run.sh"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(source("run.sh"), fs::Permissions::from_mode(0o775)).unwrap();
    fs::write(source("text"), "hi\n").unwrap();
    run("gzip", vec!["text".to_owned()], from.path()).await.unwrap();
    let uri = |name: &str| format!("file://localhost{}", source(name).display());
    let to_folder = FetchedFile { dest_path: Some("sub/text.gz".into()), ..file(uri("text.gz")) };
    all(&[file(uri("run.sh")), to_folder], to.path(), &to.path().join("cache")).await.unwrap();
    assert_eq!(fs::metadata(to.path().join("run.sh")).unwrap().permissions().mode() & 0o777, 0o755);
    assert_eq!(fs::read_to_string(to.path().join("text")).unwrap(), "hi\n");
    assert!(to.path().join("sub/text.gz").exists());
}

/// `fetchFromCache`: an archive is unpacked from the cache, and not copied.
#[tokio::test]
async fn a_cached_archive_is_not_in_the_sandbox() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(from.path().join("inside"), "in\n").unwrap();
    pack(from.path(), "b.tgz", "inside").await;
    let uri = from.path().join("b.tgz").display().to_string();
    let archive = FetchedFile { cache: true, dest_path: Some("other".into()), ..file(uri) };
    all(&[archive], to.path(), &from.path().join("cache")).await.unwrap();
    assert_eq!(fs::read_to_string(to.path().join("inside")).unwrap(), "in\n");
    assert!(!to.path().join("other").exists());
}

#[tokio::test]
async fn what_is_cached_is_fetched_once() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let source = from.path().join("a");
    let cached = |name: &str, cache| FetchedFile {
        cache,
        dest_path: Some(name.into()),
        ..file(format!("file://{}", source.display()))
    };
    let cache = to.path().join("cache");
    for (content, name, from_cache) in [("1", "first", true), ("2", "second", true), ("3", "third", false)] {
        fs::write(&source, content).unwrap();
        all(&[cached(name, from_cache)], to.path(), &cache).await.unwrap();
    }
    let text = |name: &str| fs::read_to_string(to.path().join(name)).unwrap();
    assert_eq!(["first", "second", "third"].map(text), ["1", "1", "3"]);
}

#[tokio::test]
async fn what_is_missing_or_outside_the_sandbox_is_named() {
    let to = tempfile::tempdir().unwrap();
    let missing = all(&[file("file:///none/x.tar.gz".into())], to.path(), to.path()).await.unwrap_err();
    assert_eq!(missing, "Failed to fetch 'file:///none/x.tar.gz': No such file or directory (os error 2)");
    for (name, why) in [("/dev/zero", "it is no ordinary file"), ("/", "it is no ordinary file")] {
        let file = FetchedFile { dest_path: Some("x".into()), ..file(name.into()) };
        assert_eq!(all(&[file], to.path(), to.path()).await.unwrap_err(), format!("Failed to fetch '{name}': {why}"));
    }
    let outside = FetchedFile { dest_path: Some("../x".into()), ..file("/etc/hostname".into()) };
    let why = all(&[outside], to.path(), to.path()).await.unwrap_err();
    assert!(why.ends_with("'../x' is not the name of a file in the sandbox"), "{why}");
}

/// A task that waited for a pipe would keep its fake from ending.
#[tokio::test]
async fn a_pipe_that_nobody_opens_is_refused_at_once() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let pipe = from.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let why = all(&[file(format!("file://{}", pipe.display()))], to.path(), to.path()).await.unwrap_err();
    assert!(why.ends_with("it is no ordinary file"), "{why}");
}

/// What an archive leaves behind must not lead what is fetched next out of the sandbox.
#[tokio::test]
async fn nothing_is_written_through_a_link_that_an_archive_has_left() {
    let (from, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink(outside.path(), from.path().join("out")).unwrap();
    pack(from.path(), "link.tgz", "out").await;
    fs::remove_file(from.path().join("out")).unwrap();
    fs::create_dir(from.path().join("out")).unwrap();
    fs::write(from.path().join("out/x"), "x").unwrap();
    pack(from.path(), "file.tgz", "out/x").await;
    let from = |name: &str| file(from.path().join(name).to_str().unwrap().to_owned());
    let through = FetchedFile { dest_path: Some("out/x".into()), ..from("out/x") };
    for (second, why) in [(through, "leads through a link"), (from("file.tgz"), "beside a link that leads out")] {
        let to = tempfile::tempdir().unwrap();
        let refused = all(&[from("link.tgz"), second], to.path(), to.path()).await.unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

/// A server that answers the request of each connection with these bytes, and then sends no more and does not close.
async fn server(answer: String) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 1024];
            assert_ne!(stream.read(&mut head).await.unwrap(), 0);
            stream.write_all(answer.as_bytes()).await.unwrap();
            open.push(stream);
        }
    });
    format!("http://{address}/x.tgz")
}

#[tokio::test]
async fn a_redirect_leads_to_no_file_of_this_machine() {
    let to = tempfile::tempdir().unwrap();
    let moved = "HTTP/1.1 302 Found\r\nLocation: file:///etc/hostname\r\nContent-Length: 0\r\n\r\n";
    let uri = server(moved.to_owned()).await;
    assert!(all(&[file(uri)], to.path(), to.path()).await.is_err());
    assert!(!to.path().join("x.tgz").exists());
}

/// `downloadWithNet`.
#[tokio::test]
async fn only_a_200_is_a_file() {
    let to = tempfile::tempdir().unwrap();
    for (status, fetched) in [("200 OK", true), ("204 No Content", false), ("404 Not Found", false)] {
        let uri = server(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n")).await;
        let outcome = all(&[FetchedFile { extract: false, ..file(uri) }], to.path(), to.path()).await;
        assert_eq!(outcome.is_ok(), fetched, "{status}: {outcome:?}");
    }
    assert_eq!(fs::metadata(to.path().join("x.tgz")).unwrap().len(), 0, "an empty file is one");
}

#[tokio::test]
async fn endless_headers_are_refused() {
    let to = tempfile::tempdir().unwrap();
    let uri = server(format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(4 << 20))).await;
    assert!(all(&[file(uri)], to.path(), to.path()).await.is_err());
}
