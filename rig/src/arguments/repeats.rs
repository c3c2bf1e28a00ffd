//! The flag for several runs of one set-up.

use clap::Args;

use crate::flags::{PLAN, values::whole};

/// How often the same is run.
#[derive(Args, Clone, Copy, Debug)]
pub struct Repeats {
    /// Run the same N times, for `hc-rig diff`
    ///
    /// Each in a folder of its own below that of the results, one after the other. The verdict is the worst of all, and the
    /// last lines say how far they are spread. `hc-rig diff` compares two such folders of five or more runs each.
    #[arg(long, help_heading = PLAN, default_value_t = 1, hide_default_value = true, value_name = "N", value_parser = whole(1_u32, 99))]
    pub runs: u32,
}

impl Repeats {
    /// The names of the folders of the runs; none for one run, which has the folder of the results.
    pub fn names(self) -> Vec<String> {
        if self.runs == 1 { Vec::new() } else { (1..=self.runs).map(|n| format!("run-{n}")).collect() }
    }
}
