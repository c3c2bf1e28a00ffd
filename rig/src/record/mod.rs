//! Recording a Marathon of the user's own: the way to it, its bounds, and what must not be written down.

pub mod bounds;
pub mod scrub;
pub mod way;
