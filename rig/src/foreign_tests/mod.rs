//! What `hc-rig` reads may come from anybody: run folders, definitions, settings, recordings, captures. Each is read or refused
//! with a sentence, never with a panic. `make fuzz` makes more of it.

mod definitions;
mod recordings;
mod run_folders;
mod settings;
