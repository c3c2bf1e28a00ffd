//! The offline backend: every scenario on simulated tasks in virtual time, and the manual procedure on real processes and
//! real sockets, and once more on light tasks. They need nothing else.

#![expect(clippy::duplicate_mod, reason = "one file of scenarios, several arenas: that is the point")]

macro_rules! modules {
    ($($file:ident)*) => { $(mod $file;)* };
}

/// Simulated tasks in virtual time, without a socket.
#[path = "scenarios"]
mod simulated {
    use scenarios::{Arena, Needs, Result, needs, offline};

    async fn arena(scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
        arena_with(needs(), scenario).await
    }

    async fn arena_with(needs: Needs, scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
        offline::simulated(needs, scenario).await
    }

    scenarios::scenario_files!(modules);
    /// What breaks a real Marathon: never on a cluster.
    mod hazards;
    /// Minutes of computing: only in `make soak`.
    #[cfg(feature = "soak")]
    mod soak;
}

/// Real processes and real sockets.
#[path = "scenarios"]
mod process {
    use std::path::Path;

    use scenarios::{Arena, Needs, Result, needs, offline};

    async fn arena(scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
        arena_with(needs(), scenario).await
    }

    async fn arena_with(needs: Needs, scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
        offline::process(Path::new(env!("CARGO_BIN_EXE_scenario-task-tools")), needs, scenario).await
    }

    mod pods;
    mod procedure;
    /// More than an hour of real time: only in `make soak`.
    #[cfg(feature = "soak")]
    mod soak;
}

/// Listeners of the fake and real sockets: the same procedure without processes.
#[path = "scenarios"]
mod light {
    use scenarios::{Arena, Result, needs, offline};

    async fn arena(scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
        offline::light(needs(), scenario).await
    }

    mod pods;
    mod procedure;
}

/// Each workload is a command and a label; these tests compare the two.
mod workloads {
    use std::path::Path;

    use scenarios::{Result, prelude::*, transitions::as_process_and_as_script};

    fn command_and_label_agree(app: App, transitions: usize) -> Result {
        let quick = app.grace(secs(3)).timeout(secs(2)).max_consecutive_failures(2);
        let quick = quick.backoff(secs(1), 1.0, secs(1));
        as_process_and_as_script(Path::new(env!("CARGO_BIN_EXE_scenario-task-tools")), &quick, transitions)
    }

    /// Runs, is healthy.
    #[rstest]
    fn well(
        #[values(Mesos, Docker)] containerizer: Containerizer,
        #[values(MesosTcp, Http, MesosHttps, Command)] check: Check,
    ) -> Result {
        command_and_label_agree(App::listener(containerizer, check), 2)
    }

    /// Runs, is healthy, is unhealthy, is killed, runs again.
    #[rstest]
    fn sick_after(#[values(MesosTcp, Tcp, MesosHttp, Https, Command)] check: Check) -> Result {
        command_and_label_agree(App::listener(Mesos, check).sick_after(secs(3)), 5)
    }

    /// The same in a pod.
    #[rstest]
    fn sick_after_in_a_pod(#[values(MesosTcp, MesosHttp, Command)] check: Check) -> Result {
        // Its checks are three seconds apart: the first may come too early, and the second must find it well.
        command_and_label_agree(App::listener(Pod, check).sick_after(secs(5)), 5)
    }

    /// Runs, is unhealthy, is killed, runs again.
    #[rstest]
    fn never_healthy(#[values(MesosTcp, Http, Command)] check: Check) -> Result {
        command_and_label_agree(App::listener(Mesos, check).never_healthy(), 4)
    }

    /// Runs, is healthy, is unhealthy, is killed; a check that only connects stops at healthy.
    #[rstest]
    fn hangs_after(#[values(MesosHttp, Http, Command)] check: Check) -> Result {
        command_and_label_agree(App::listener(Mesos, check).hangs_after(secs(3)), 4)
    }

    /// Runs, is healthy, is unhealthy, is healthy again.
    #[rstest]
    fn flaps(#[values(MesosTcp, Http, Command)] check: Check) -> Result {
        let app = App::listener(Mesos, check).flaps(secs(4), millis(1_700));
        // Above the limit it would be killed, and the point is that it is not.
        as_process_and_as_script(
            Path::new(env!("CARGO_BIN_EXE_scenario-task-tools")),
            &app.max_consecutive_failures(6).timeout(secs(2)),
            5,
        )
    }

    /// Runs, is healthy although it is slow.
    #[rstest]
    fn slow(#[values(MesosHttp, Http, Command)] check: Check) -> Result {
        command_and_label_agree(App::listener(Mesos, check).slow(millis(600)), 2)
    }

    /// Runs, is healthy, ends, runs again.
    #[rstest]
    fn crashes_after(#[values(MesosTcp, Http, Command)] check: Check) -> Result {
        command_and_label_agree(App::listener(Mesos, check).crashes_after(secs(3), 3), 4)
    }

    /// Runs, is healthy or unhealthy, depending on the status.
    #[rstest]
    fn answers(#[values(MesosHttp, Https)] check: Check, #[values(204, 500)] status: u16) -> Result {
        command_and_label_agree(App::listener(Mesos, check).answers(status), if status < 400 { 2 } else { 3 })
    }

    /// Runs, is healthy later.
    #[rstest]
    fn starts_after(#[values(MesosTcp, MesosHttp, Command)] check: Check) -> Result {
        command_and_label_agree(App::listener(Mesos, check).starts_after(secs(2)), 2)
    }
}

/// Which files there are.
mod files {
    use std::{collections::BTreeSet, fs, path::Path};

    macro_rules! names {
        ($($file:ident)*) => { [$(stringify!($file)),*] };
    }

    /// What breaks a real Marathon is in the offline backend alone, and uses no arena that a backend could replace.
    #[test]
    fn what_breaks_a_marathon_can_run_on_the_fake_only() {
        for backend in [include_str!("live.rs"), include_str!("container.rs")] {
            assert!(!backend.contains("hazards"), "hazards.rs must not run on this backend");
        }
        assert!(!scenarios::scenario_files!(names).contains(&"hazards"), "scenario_files! is run by every backend");
        let hazards = include_str!("scenarios/hazards.rs");
        assert!(!hazards.contains("super"), "the arena of a backend may be a real cluster");
    }

    #[test]
    fn every_file_of_scenarios_is_run() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
        let names = fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("a file").path());
        let files: BTreeSet<_> = names.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
        let mut run: BTreeSet<_> = scenarios::scenario_files!(names).map(str::to_owned).into();
        // Behind a feature, since it takes minutes to hours.
        run.insert("soak".to_owned());
        // What breaks a real Marathon is never run on one.
        run.insert("hazards".to_owned());
        assert_eq!(files, run, "name each file in scenario_files! in scenarios/src/lib.rs");
    }
}
