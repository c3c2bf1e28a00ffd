//! Which task and which file are meant by `hc-rig sandbox RUN`, `… --task ID`, `… stderr`.

use harness::{record::TaskLife, watch::short};

use crate::{
    exit::Failure,
    folder::{Run, RunFolder, locate, manifest::ClusterKind},
};

/// What is wanted of the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The list of a folder; `""` is the sandbox itself.
    Listing(String),
    /// The bytes of a file.
    File(String),
}

impl Wanted {
    /// `ls` and nothing list the sandbox, a name with `/` at its end a folder in it; all else is a file.
    pub fn of(word: Option<&str>) -> Self {
        match word {
            None | Some("ls" | "" | "." | "/") => Self::Listing(String::new()),
            Some(word) => match word.strip_suffix('/') {
                Some(folder) => Self::Listing(folder.to_owned()),
                None => Self::File(word.trim_start_matches('/').to_owned()),
            },
        }
    }
}

/// The arguments as run and file. If a task is named, a single argument is the file.
pub fn split<'a>(words: &'a [String], task: Option<&str>) -> (Option<&'a str>, Option<&'a str>) {
    match (words, task) {
        ([], _) => (None, None),
        ([file], Some(_)) => (None, Some(file)),
        ([run], None) => (Some(run), None),
        ([run, file, ..], _) => (Some(run), Some(file)),
    }
}

/// The run folders with this name or path, or the latest.
///
/// # Errors
/// Exit code 2: there is none.
pub fn folders(run: Option<&str>) -> Result<Vec<RunFolder>, Failure> {
    RunFolder::find(&locate::path(run)?)
}

/// A run and a task in it: the named task, else the first affected one.
///
/// # Errors
/// Exit code 2: there is no run, no such task, several with that name, or none affected; or the run's cluster was
/// the fake inside hc-rig.
pub fn task(named: Option<&str>, task: Option<&str>) -> Result<(Run, TaskLife), Failure> {
    let runs = folders(named)?.iter().map(RunFolder::read).collect::<Result<Vec<_>, _>>()?;
    let lives = || runs.iter().flat_map(|run| run.lives.all().map(move |life| (run, life)));
    let id = match task {
        Some(task) => one(lives().map(|(_, life)| life.id.as_str()), task)
            .map_err(|why| Failure::usage(format!("{}: {why}", named.unwrap_or("the latest run"))))?
            .to_owned(),
        None => {
            let troubled = runs.iter().flat_map(|run| run.lives.troubled());
            let first = troubled.min_by_key(|life| (life.end.is_some(), life.check_failure.is_none()));
            let none = || {
                Failure::usage(format!(
                    "{}: no task was affected; name one with --task ID",
                    named.unwrap_or("the latest run")
                ))
            };
            first.ok_or_else(none)?.id.clone()
        }
    };
    let place = runs.iter().position(|run| run.lives.all().any(|life| life.id == id)).unwrap_or_default();
    let mut runs = runs;
    let run = runs.swap_remove(place);
    if run.manifest.cluster.kind == ClusterKind::Embedded {
        let why = "ran on the fake inside hc-rig, which ended with the run, and so did its sandboxes";
        return Err(Failure::usage(format!("{} {why}", run.manifest.run)));
    }
    let life = run.lives.all().find(|life| life.id == id).cloned().unwrap_or_default();
    Ok((run, life))
}

/// The one id that matches `wanted`: the id itself, its short form in reports, or a part of it.
///
/// # Errors
/// No id matches, or several.
pub fn one<'a>(ids: impl Iterator<Item = &'a str>, wanted: &str) -> Result<&'a str, String> {
    let mut fitting: Vec<&str> = ids.filter(|id| id.contains(wanted) || short(id) == wanted).collect();
    fitting.sort_unstable();
    fitting.dedup();
    if let Some(exact) = fitting.iter().find(|id| **id == wanted) {
        return Ok(exact);
    }
    match fitting.as_slice() {
        [only] => Ok(only),
        [] => Err(format!("there is no task {wanted}")),
        [first, second, ..] => {
            Err(format!("{wanted} matches {} tasks ({first}, {second}, …); write more of the id", fitting.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_what_they_say() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(split(&words(&["kx3f"]), None), (Some("kx3f"), None));
        assert_eq!(split(&words(&["kx3f", "stderr"]), None), (Some("kx3f"), Some("stderr")));
        assert_eq!(split(&words(&["stderr"]), Some("id")), (None, Some("stderr")));
        assert_eq!(split(&words(&["kx3f", "stderr"]), Some("id")), (Some("kx3f"), Some("stderr")));
        assert_eq!(Wanted::of(Some("ls")), Wanted::Listing(String::new()));
        assert_eq!(Wanted::of(Some("logs/")), Wanted::Listing("logs".to_owned()));
        assert_eq!(Wanted::of(Some("logs/a")), Wanted::File("logs/a".to_owned()));
    }

    #[test]
    fn a_task_is_known_by_its_id_its_short_form_or_a_part_that_only_it_has() {
        let ids = [
            "hc.instance-435aa001-49e0-11f0-99a3-7d5757aaf520._app.1",
            "hc.instance-435aa001-49e0-11f0-99a3-7d5757aaf520._app.12",
        ];
        let one = |wanted| one(ids.into_iter(), wanted);
        assert_eq!(one(ids[0]), Ok(ids[0]), "though it is the beginning of another");
        assert_eq!(one("435aa001.12"), Ok(ids[1]));
        assert!(one("435aa").unwrap_err().contains("matches 2 tasks"));
        assert!(one("nothing").unwrap_err().contains("no task"));
    }
}
