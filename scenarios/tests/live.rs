//! The live arm.
