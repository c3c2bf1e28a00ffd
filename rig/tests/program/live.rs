//! The live lines of a run on terminals of several sizes, and without one that can show them.

use rstest::rstest;

use crate::{
    fake::Fake,
    hc_rig::{HcRig, ends_with, stderr},
    pty::Terminal,
    results::out,
};

fn run(fake: &Fake, folder: &str, plan: &[&str]) -> HcRig {
    let fixed = ["run", "mesos,TCP", "--url", &fake.url, "--poll", "200ms", "--out", folder];
    HcRig::new(&[&fixed[..], plan].concat()).env("TERM", "xterm-256color")
}

/// The rows with the live line of the run.
fn live(terminal: &Terminal) -> Vec<String> {
    terminal.rows().into_iter().filter(|row| row.starts_with("mesos,TCP ")).collect()
}

/// No row of the live line is broken, and the line is there once.
#[track_caller]
fn is_whole(terminal: &Terminal) {
    let columns = terminal.screen().size().1;
    let rows = terminal.screen().rows(0, columns).enumerate();
    let mut live = rows.filter(|(_, row)| row.starts_with("mesos,TCP "));
    let broken = live.any(|(number, _)| terminal.screen().row_wrapped(u16::try_from(number).expect("a row")));
    assert!(!broken && self::live(terminal).len() <= 1, "{}", terminal.screen().contents());
}

#[rstest]
#[case(24, 80)]
#[case(10, 40)]
#[case(50, 200)]
fn a_run_is_one_line_and_its_verdict_is_the_last_on_the_screen(#[case] rows: u16, #[case] columns: u16) {
    let fake = Fake::start(&[]);
    let (_folder, folder) = out();
    let rig = run(&fake, &folder, &["--targets", "1,2,3", "--hold", "1s"]);
    let mut terminal = Terminal::of_size(rig, rows, columns);
    let mut seen = false;
    while terminal.take() {
        is_whole(&terminal);
        seen |= live(&terminal).iter().any(|row| row.contains("/3"));
    }
    assert!(seen, "no live line");
    let (output, code, screen) = terminal.end_on_screen();
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("oldest "), "{output}");
    assert!(
        screen.last().is_some_and(|row| row.starts_with("PASSED       mesos,TCP: ")) || columns < 60,
        "{screen:#?}"
    );
    assert!(screen.iter().any(|row| row.starts_with("PASSED ")), "{screen:#?}");
    assert!(!screen.iter().any(|row| row.contains('█')), "the summary takes the place of the live lines: {screen:#?}");
    assert_eq!(screen.iter().filter(|row| row.starts_with("PASSED ")).count(), 1, "{screen:#?}");
}

#[test]
fn a_terminal_that_changes_its_size_shows_each_line_once() {
    let fake = Fake::start(&[]);
    let (_folder, folder) = out();
    let mut terminal = Terminal::of_size(run(&fake, &folder, &["--targets", "1,2,3", "--hold", "2s"]), 24, 120);
    terminal.until("poll 2");
    for (rows, columns) in [(10, 40), (30, 200), (6, 60), (24, 80)] {
        terminal.resize(rows, columns, "mesos,TCP ");
        // Drawn once more in the new size, from where the cursor rests.
        assert!(terminal.take() && terminal.take(), "the run goes on");
        is_whole(&terminal);
    }
    let (output, code, screen) = terminal.end_on_screen();
    assert_eq!(code, Some(0), "{output}");
    assert!(screen.last().is_some_and(|row| row.starts_with("PASSED ")), "{screen:#?}");
    assert!(!screen.iter().any(|row| row.contains('█')), "{screen:#?}");
}

#[test]
fn a_stop_says_at_once_what_is_deleted_and_counts_it() {
    let fake = Fake::start(&[]);
    let (_folder, folder) = out();
    let rig = run(&fake, &folder, &["--targets", "30,900", "--step-timeout", "10m"]);
    let mut terminal = Terminal::of_size(rig, 24, 100);
    terminal.until(" 30/900 healthy");
    terminal.type_keys("\u{3}");
    terminal.until("(once more quits and leaves");
    terminal.until("deleted ");
    let (output, code, screen) = terminal.end_on_screen();
    assert_eq!(code, Some(130), "{output}");
    let begun = output.split("Stopping: deleting ").nth(1).and_then(|rest| rest.split(' ').next());
    let tasks: u64 = begun.and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("no count in {output}"));
    assert!(tasks >= 30, "{tasks}");
    let counted = |text: &str| output.contains(&format!("{text} of {tasks} tasks deleted"));
    assert!((1..tasks).any(|n| counted(&n.to_string())), "no count on the way in {output}");
    assert!(screen.last().is_some_and(|row| row.starts_with("STOPPED ")), "{screen:#?}");
    assert!(screen.iter().any(|row| row.contains("nothing left")), "{screen:#?}");
    fake.has_nothing_left();
}

#[rstest]
#[case::dumb(Some("dumb"))]
#[case::unknown(None)]
fn a_terminal_that_cannot_redraw_gets_plain_lines(#[case] term: Option<&str>) {
    let fake = Fake::start(&[]);
    let (_folder, folder) = out();
    let rig = run(&fake, &folder, &["--targets", "1,2"]).env("TERM", term.unwrap_or_default());
    let (output, code) = Terminal::of_size(rig, 24, 80).end();
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("mesos,TCP  step 2/2  2 tasks  reached after"), "{output}");
    assert!(!output.contains('\u{1b}'), "{output:?}");
}

#[test]
fn a_file_has_the_verdict_first_and_no_live_lines() {
    let fake = Fake::start(&[]);
    let (_folder, folder) = out();
    let ended = run(&fake, &folder, &["--targets", "1,2"]).run();
    ends_with(&ended, 0);
    assert!(crate::hc_rig::stdout(&ended).starts_with("PASSED       mesos,TCP: "), "{ended:?}");
    assert!(!stderr(&ended).contains('\u{1b}') && stderr(&ended).contains("step 2/2"), "{}", stderr(&ended));
}
