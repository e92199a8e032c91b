//! Files of this run, in a directory that goes with it.

use std::path::PathBuf;

fn directory() -> PathBuf {
    std::env::temp_dir().join(format!("refectory-test-{}", std::process::id()))
}

/// The path of this name there. Each test takes names of its own.
pub(crate) fn path(name: &str) -> PathBuf {
    let directory = directory();
    // Where it cannot be made, whoever writes there says so.
    let _ = std::fs::create_dir_all(&directory);
    directory.join(name)
}

/// The same, as the command line takes it.
pub(crate) fn name(name: &str) -> String {
    path(name).display().to_string()
}

/// All tests have ended.
pub(crate) fn remove() {
    let _ = std::fs::remove_dir_all(directory());
}
