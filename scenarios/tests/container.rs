//! The container arm.
