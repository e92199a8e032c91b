//! All goes well.

fn main() {
    let functions = [
        ("ends/one", "threads/queue", 30),
        ("ends/one", "a peer", 15),
        ("ends/two", "threads/queue", 10),
        ("ends/two", "threads/bounded", 160),
        ("ends/two", "a peer", 40),
        ("ends/two", "another peer", 80),
    ];
    refectory::main(&functions, |_| ());
}
