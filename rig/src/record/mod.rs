//! Recording a Marathon of the user's own: the way to it, what a case made there, and what must not be written down.

pub mod made;
pub mod scrub;
pub mod way;
