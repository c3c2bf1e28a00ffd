//! The offline arm.
