//! What flags everywhere share: the headings of the help, and the parsers of values ([`values`]).

pub mod values;

/// Heading of the help for flags that say what is run.
pub const WHAT: &str = "What to run";
/// Heading for flags that say how tasks grow and how often they are polled.
pub const PLAN: &str = "The plan";
/// Heading for flags that limit and judge.
pub const LIMITS: &str = "Limits and verdict";
/// Heading for flags that say which cluster, as whom and how it is trusted.
pub const CLUSTER: &str = "The cluster";
/// Heading for flags of the fake in this program.
pub const FAKE: &str = "The fake cluster";
/// Heading for flags about folder, progress and metrics.
pub const OUTPUT: &str = "Output";
