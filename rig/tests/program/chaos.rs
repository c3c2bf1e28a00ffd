//! Chaos: a run through a proxy that breaks what passes, with kills and suspensions at random. Whatever happens, samples
//! are whole, `clean` leaves nothing, apps of others stay as they are, and exit code and verdict are the documented ones.
//! `make chaos SEEDS=1000` makes more of it; `HC_RIG_CHAOS_SEED=N HC_RIG_CHAOS_SEEDS=1` takes one seed, though moments differ.

use std::{
    io::{self, BufRead as _, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Output, Stdio},
    thread,
    time::Duration,
};

use hc_rig::exit::Code;
use nix::sys::signal::Signal;
use rand::{Rng as _, SeedableRng as _, rngs::SmallRng};
use serde_json::Value;

use crate::{
    fake::{Fake, interrupt},
    hc_rig::{HcRig, ends_with, stderr, stdout},
    results::{json, out, samples},
};

/// The first seeds of a plain run: a run that is killed, one that passes, one that is stopped.
const FIRST: u64 = 6;

/// Seeds at a time: most of it is waiting.
const AT_ONCE: u64 = 6;

/// What happens to a connection.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Nothing,
    Latency,
    Reset,
    /// So many bytes of the answers arrive.
    Truncation(usize),
    /// One byte in so many is another.
    Garbling(usize),
    EndlessBody,
    RedirectElsewhere,
    RedirectLoop,
    /// Refused with 503.
    Storm,
}

impl Fault {
    fn draw(random: &mut SmallRng) -> Self {
        if random.random_bool(0.6) {
            return Self::Nothing;
        }
        match random.random_range(0..8) {
            0 => Self::Latency,
            1 => Self::Reset,
            2 => Self::Truncation(random.random_range(0..3000)),
            3 => Self::Garbling(random.random_range(20..2000)),
            4 => Self::EndlessBody,
            5 => Self::RedirectElsewhere,
            6 => Self::RedirectLoop,
            _ => Self::Storm,
        }
    }
}

/// What is done to the program.
#[derive(Clone, Copy, Debug)]
enum Blow {
    Nothing,
    Interrupt,
    Kill,
    Suspend,
}

/// The time of a delay or of a blow is what is drawn; no condition tells it.
#[expect(clippy::disallowed_methods, reason = "threads of a proxy: there is no runtime to block, and no virtual time")]
fn pause(millis: u64) {
    thread::sleep(Duration::from_millis(millis));
}

/// A proxy to this address; it ends with the test's process.
fn proxy(to: SocketAddr, seed: u64) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let mut random = SmallRng::seed_from_u64(seed);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (fault, seed) = (Fault::draw(&mut random), random.random());
            // Whatever breaks here breaks for the program too.
            thread::spawn(move || drop(pass(client, to, fault, seed)));
        }
    });
    url
}

fn pass(client: TcpStream, to: SocketAddr, fault: Fault, seed: u64) -> io::Result<()> {
    let answer = match fault {
        Fault::Reset => return Ok(()),
        Fault::Storm => Some("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()),
        Fault::RedirectElsewhere => Some(redirect("http://127.0.0.1:1/v2/apps")),
        Fault::RedirectLoop => Some(redirect(&format!("http://{}/v2/apps", client.local_addr()?))),
        Fault::EndlessBody => Some("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[".to_owned()),
        Fault::Nothing | Fault::Latency | Fault::Truncation(_) | Fault::Garbling(_) => None,
    };
    let Some(answer) = answer else { return forward(client, to, fault, seed) };
    let mut client = client;
    let mut head = [0; 4096];
    if client.read(&mut head)? > 0 {
        client.write_all(answer.as_bytes())?;
    }
    if !matches!(fault, Fault::EndlessBody) {
        return Ok(());
    }
    // Until the program hangs up.
    loop {
        client.write_all(&[b' '; 1 << 16])?;
    }
}

fn redirect(to: &str) -> String {
    format!("HTTP/1.1 307 Elsewhere\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

fn forward(client: TcpStream, to: SocketAddr, fault: Fault, seed: u64) -> io::Result<()> {
    let server = TcpStream::connect(to)?;
    let (mut from, mut into) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        drop(io::copy(&mut from, &mut into));
        drop(into.shutdown(Shutdown::Write));
    });
    let done = answers(&server, &client, fault, SmallRng::seed_from_u64(seed));
    drop((client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both)));
    done
}

fn answers(mut from: impl Read, mut to: impl Write, fault: Fault, mut random: SmallRng) -> io::Result<()> {
    let (mut chunk, mut passed) = ([0; 4096], 0);
    loop {
        let n = from.read(&mut chunk)?;
        let mut part = &mut chunk[..n];
        match fault {
            Fault::Latency => pause(random.random_range(0..400)),
            Fault::Truncation(most) => part = &mut chunk[..n.min(most.saturating_sub(passed))],
            Fault::Garbling(one_in) => {
                part.iter_mut().filter(|_| random.random_ratio(1, one_in as u32)).for_each(|byte| *byte ^= 0x15)
            }
            Fault::Nothing
            | Fault::Reset
            | Fault::EndlessBody
            | Fault::RedirectElsewhere
            | Fault::RedirectLoop
            | Fault::Storm => {}
        }
        if part.is_empty() {
            return Ok(());
        }
        to.write_all(part)?;
        passed += part.len();
    }
}

/// Runs through the proxy and does the blow to it after the first step.
fn through(proxy: &str, blow: Blow, run: &str) -> Output {
    let plan = ["--targets", "1,2,3", "--poll", "100ms", "--step-timeout", "10s", "--allow-degraded", "--out", run];
    let rig = HcRig::new(&[&["run", "mesos,TCP", "--url", proxy][..], &plan].concat());
    let mut child = rig.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it can be started");
    let mut errors = BufReader::new(child.stderr.take().expect("stderr is piped"));
    let mut printed = String::new();
    while !printed.contains("step 1/") && errors.read_line(&mut printed).expect("a line") > 0 {}
    match blow {
        Blow::Nothing => {}
        Blow::Interrupt => interrupt(&child, Signal::SIGINT),
        Blow::Kill => interrupt(&child, Signal::SIGKILL),
        Blow::Suspend => {
            interrupt(&child, Signal::SIGSTOP);
            pause(1_500);
            interrupt(&child, Signal::SIGCONT);
        }
    }
    errors.read_to_string(&mut printed).expect("the rest can be read");
    let output = child.wait_with_output().expect("the program ends");
    Output { stderr: printed.into_bytes(), ..output }
}

/// The exit code is a documented one, and says the same as the verdict.
fn documented(what: &str, ended: &Output, run: &str) {
    let said = format!("{what}\n{}\n{}", stdout(ended), stderr(ended));
    assert!(!said.contains("panicked"), "{said}");
    let Some(status) = ended.status.code() else { return };
    let code = u8::try_from(status).ok().and_then(Code::of_status).unwrap_or_else(|| panic!("{status}: {said}"));
    assert!(![Code::Internal, Code::Results].contains(&code), "{said}");
    if !Path::new(run).join("summary.json").is_file() {
        return;
    }
    let summary = json(run, "summary.json");
    if summary["clean_up"] == "complete" {
        assert_eq!(summary["exit"], status, "{said}");
    }
    let fits = match summary["verdict"].as_str().expect("a word") {
        "passed" => &[Code::Passed, Code::CleanUp][..],
        "degraded" => &[Code::Passed, Code::Failed, Code::CleanUp],
        "failed" => &[Code::Failed, Code::CleanUp],
        "stopped" => &[Code::Stopped, Code::CleanUp],
        "error" => &[Code::Usage, Code::Refused, Code::Unreachable, Code::CleanUp],
        other => panic!("{other}: {said}"),
    };
    assert!(fits.contains(&code), "{said}");
}

/// Cleans up what is left, past the proxy.
fn clean(fake: &Fake, run: &str) {
    let cleaned = || HcRig::new(&["clean", run, "--url", &fake.url]).run();
    let refused = cleaned();
    if refused.status.success() {
        return;
    }
    // The proxy garbled what the cluster is called, and no other cluster is ever cleaned. A person can correct it.
    ends_with(&refused, 2);
    assert!(stderr(&refused).contains("is another cluster"), "{}", stderr(&refused));
    let mut manifest = json(run, "run.json");
    manifest["cluster"]["url"] = format!("{}/", fake.url).into();
    manifest["cluster"]["framework"] = Value::Null;
    std::fs::write(Path::new(run).join("run.json"), manifest.to_string()).expect("the manifest");
    ends_with(&cleaned(), 0);
}

fn survives(seed: u64) {
    let mut random = SmallRng::seed_from_u64(seed);
    let fake = Fake::start(&["--admin", "127.0.0.1:0"]);
    fake.deploy_unrelated_app();
    let theirs = || fake.definition_of("/unrelated");
    let before = theirs();
    let address = fake.url.trim_start_matches("http://").parse().expect("an address");
    let blow = [Blow::Nothing, Blow::Interrupt, Blow::Kill, Blow::Suspend][random.random_range(0..4)];
    let (_folder, run) = out();
    let ended = through(&proxy(address, random.random()), blow, &run);
    let what = format!("seed {seed}, {blow:?}");
    println!("{what}: {:?}, {}", ended.status.code(), stdout(&ended).lines().next().unwrap_or_default());
    documented(&what, &ended, &run);
    if Path::new(&run).join("run.json").is_file() {
        if Path::new(&run).join("samples.jsonl").is_file() {
            drop(samples(&run));
        }
        clean(&fake, &run);
    }
    assert_eq!(fake.apps(), ["/unrelated"], "{what}\n{}", stderr(&ended));
    assert_eq!(fake.groups_of_runs(), Vec::<String>::new(), "{what}");
    assert_eq!(theirs(), before, "{what}");
}

#[test]
fn whatever_breaks_on_the_way_nothing_is_left_and_nothing_else_is_touched() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a whole number"));
    let (begin, seeds) = (number("HC_RIG_CHAOS_SEED").unwrap_or(FIRST), number("HC_RIG_CHAOS_SEEDS").unwrap_or(3));
    thread::scope(|scope| {
        for first in 0..AT_ONCE {
            scope.spawn(move || (begin + first..begin + seeds).step_by(AT_ONCE as usize).for_each(survives));
        }
    });
}
