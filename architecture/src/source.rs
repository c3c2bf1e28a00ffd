//! The modules of a crate and the arrows between them, read from its sources.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    Error,
    paths::{self, Found, Reexport},
};

/// A path in the sources that leads from one module of a unit into another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrow {
    /// The module that it starts in.
    pub from: String,
    /// The module that it leads to.
    pub to: String,
    /// The file that it stands in, below the crate's folder.
    pub file: PathBuf,
    /// Counted from 1.
    pub line: usize,
}

/// The sources of a crate's library.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    modules: BTreeSet<Vec<String>>,
    reexports: Vec<Reexport>,
    found: Vec<(PathBuf, Found)>,
}

impl Sources {
    /// Reads `src/lib.rs` in this folder and every module that it leads to, without those for tests.
    ///
    /// # Errors
    ///
    /// A file cannot be read or is not Rust.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let mut sources = Self::default();
        let mut waiting = vec![(Vec::new(), PathBuf::from("src/lib.rs"))];
        while let Some((module, file)) = waiting.pop() {
            let contents = contents(folder, &file, &module)?;
            sources.found.extend(contents.found.into_iter().map(|found| (file.clone(), found)));
            sources.reexports.extend(contents.reexports);
            sources.modules.extend(contents.inline);
            for child in contents.files {
                waiting.push((child.clone(), file_of(folder, &child)));
                sources.modules.insert(child);
            }
        }
        Ok(sources)
    }

    /// The modules right below this one, in alphabetic order.
    pub fn children<'a>(&'a self, unit: &'a [String]) -> impl Iterator<Item = &'a str> {
        let below = move |module: &&Vec<String>| module.len() == unit.len() + 1 && module.starts_with(unit);
        self.modules.iter().filter(below).map(|module| module[module.len() - 1].as_str())
    }

    /// The arrows between the modules right below this one, those of one line once.
    #[must_use]
    pub fn arrows(&self, unit: &[String]) -> BTreeSet<Arrow> {
        let arrow = |(file, found): &(PathBuf, Found)| {
            let from = found.at.strip_prefix(unit)?.first()?;
            let to = self.destination(&found.to, unit)?;
            (*from != to).then(|| Arrow { from: from.clone(), to, file: file.clone(), line: found.line })
        };
        self.found.iter().filter_map(arrow).collect()
    }

    /// The child of this module that a path leads into. A name that the module itself passes on is followed once more.
    fn destination(&self, to: &[String], unit: &[String]) -> Option<String> {
        let mut to = to.to_vec();
        // More than any chain of names that are passed on.
        for _ in 0..8 {
            let mut known = 0;
            while known < to.len() && known <= unit.len() && self.modules.contains(&to[..=known]) {
                known += 1;
            }
            if known > unit.len() {
                return to.starts_with(unit).then(|| to[unit.len()].clone());
            }
            let name = to.get(known)?;
            let passed = self.reexports.iter().find(|reexport| reexport.at == to[..known] && reexport.name == *name)?;
            to = passed.to.iter().chain(&to[known + 1..]).cloned().collect();
        }
        None
    }
}

fn contents(folder: &Path, file: &Path, module: &[String]) -> Result<paths::Contents, Error> {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).map_err(|source| Error::File { path: path.clone(), source })?;
    let parsed = syn::parse_file(&text).map_err(|error| Error::Rust {
        path: path.clone(),
        line: error.span().start().line,
        what: error.to_string(),
    })?;
    Ok(paths::read(&parsed, module))
}

/// `src/wait/probe.rs` or `src/wait/probe/mod.rs`.
fn file_of(folder: &Path, module: &[String]) -> PathBuf {
    let stem: PathBuf = ["src"].into_iter().chain(module.iter().map(String::as_str)).collect();
    let file = stem.with_extension("rs");
    if folder.join(&file).is_file() { file } else { stem.join("mod.rs") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        folder
    }

    fn arrows(sources: &Sources, unit: &[&str]) -> Vec<String> {
        let unit: Vec<String> = unit.iter().map(|&name| name.to_owned()).collect();
        let line = |arrow: &Arrow| format!("{}:{} {} → {}", arrow.file.display(), arrow.line, arrow.from, arrow.to);
        sources.arrows(&unit).iter().map(line).collect()
    }

    #[test]
    fn arrows_lead_from_module_to_module() {
        let folder = written(&[
            ("src/lib.rs", "pub mod wait;\npub mod watch;\nmod model;\npub use model::Task;\nuse watch::X;"),
            ("src/model.rs", "pub struct Task;"),
            ("src/wait/mod.rs", "mod probe;\nuse probe::P;\nuse crate::Task;"),
            ("src/wait/probe.rs", "use super::super::watch::X;\npub struct P;"),
            ("src/watch.rs", "pub struct X;\n#[cfg(test)]\nmod tests { use crate::wait; }"),
        ]);
        let sources = Sources::read(folder.path()).expect("sources");
        assert_eq!(sources.children(&[]).collect::<Vec<_>>(), ["model", "wait", "watch"]);
        assert_eq!(
            arrows(&sources, &[]),
            ["src/wait/mod.rs:3 wait → model", "src/wait/probe.rs:1 wait → watch"],
            "the root's own paths are not arrows"
        );
    }

    #[test]
    fn a_module_can_have_layers_of_its_own() {
        let folder = written(&[
            ("src/lib.rs", "mod scale;\nmod model;"),
            ("src/model.rs", ""),
            ("src/scale/mod.rs", "mod plan;\nmod run;\nmod guard { use super::plan::Plan; }\npub use plan::Plan;"),
            ("src/scale/plan.rs", "pub struct Plan;"),
            ("src/scale/run/mod.rs", "mod poll;\nuse crate::model;\nuse super::Plan;"),
            ("src/scale/run/poll.rs", "use super::super::guard;\nuse super::X;"),
        ]);
        let sources = Sources::read(folder.path()).expect("sources");
        assert_eq!(arrows(&sources, &[]), ["src/scale/run/mod.rs:2 scale → model"]);
        assert_eq!(
            arrows(&sources, &["scale"]),
            [
                "src/scale/mod.rs:3 guard → plan",
                "src/scale/run/poll.rs:1 run → guard",
                "src/scale/run/mod.rs:3 run → plan",
            ]
        );
    }
}
