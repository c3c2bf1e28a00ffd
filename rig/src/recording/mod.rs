//! Recording the fixed cases from a Marathon of the user's own: the [`session`], the [`proxy`] that requests go through,
//! the [`bounds`] that they must stay in, and what [`scrub`] keeps out of the recording.

pub mod bounds;
pub mod proxy;
pub mod scrub;
pub mod session;
