//! Each part of the scheduler alone: inputs in, events out.

mod fixtures;

mod deployments;
mod group_manager;
mod health;
mod instances;
mod launch_queue;
mod readiness;
