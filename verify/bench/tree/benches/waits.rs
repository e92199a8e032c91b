//! When a group is done, somebody presses Ctrl-C, and the next function takes for ever.

use std::os::unix::process::parent_id;
use std::process::Command;
use std::thread;

fn main() {
    let functions =
        [("waits/first", "threads/queue", 20), ("waits/first", "a peer", 10), ("waits/second", "a peer", 1)];
    refectory::main(&functions, |id| {
        if id == "waits/first/a peer" {
            let sent = Command::new("kill").args(["-INT", &parent_id().to_string()]).status();
            assert!(sent.expect("there is such a command").success());
            loop {
                thread::park();
            }
        }
    });
}
