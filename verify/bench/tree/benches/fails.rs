//! One function is measured, and the other one panics.

fn main() {
    let functions =
        [("fails/first", "threads/queue", 20), ("fails/first", "a peer", 10), ("fails/second", "a peer", 1)];
    refectory::main(&functions, |id| assert!(id != "fails/second/a peer", "this bench fails"));
}
