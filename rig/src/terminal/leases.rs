//! The groups of runs below `/hc-rig`, as `hc-rig sweep` and `hc-rig clean` list them.

use std::fmt::Write as _;

use harness::cluster::{Leases, RunGroup, Swept};

/// What was removed, and what stays.
pub fn swept(swept: &Swept) -> String {
    let mut text = String::new();
    for found in &swept.removed {
        let _ = writeln!(text, "removed   {} (expired)", group(found));
    }
    or_nothing(text + &kept(&swept.kept))
}

/// What would be removed, and what would stay.
pub fn would_sweep(leases: &Leases) -> String {
    let mut text = String::new();
    for expired in &leases.expired {
        let _ = writeln!(
            text,
            "expired   {}, would be removed with {}",
            group(expired),
            text::visible(&expired.apps.join(", "))
        );
    }
    or_nothing(text + &kept(leases))
}

/// That a run's group is gone, and which apps in it were left alone.
pub fn removed(group: &str, foreign: &[String]) -> String {
    let mut text = format!("nothing is left of {}\n", text::visible(group));
    for app in foreign {
        let _ = writeln!(text, "left alone, since hc-rig did not make it: {}", text::visible(app));
    }
    text
}

fn kept(leases: &Leases) -> String {
    let mut text = String::new();
    for found in &leases.current {
        let _ = writeln!(text, "stays     {}, until {}", group(found), text::visible(&found.ownership.expires_text()));
    }
    for app in &leases.foreign {
        let _ = writeln!(text, "not ours  {}", text::visible(app));
    }
    for group in &leases.empty {
        let _ = writeln!(text, "empty     {}", text::visible(group));
    }
    text
}

fn group(found: &RunGroup) -> String {
    text::visible(&format!("{} of {}", found.group, found.ownership.owner)).into_owned()
}

fn or_nothing(text: String) -> String {
    if text.is_empty() { "there is nothing below /hc-rig\n".to_owned() } else { text }
}
