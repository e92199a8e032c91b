//! Bounds: a search that was cut is told from one that is complete. One test, because it sets the environment.

use loom::model::Builder;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::thread;

#[test]
fn a_search_that_is_cut_is_recorded_as_such() {
    let file = std::env::temp_dir().join(format!("refectory-loom-{}.jsonl", std::process::id()));
    // SAFETY: this process has one test.
    unsafe { std::env::set_var("REFECTORY_LOOM_RESULTS", &file) };
    let mut builder = Builder::new();
    builder.max_permutations = Some(2);
    builder.check(|| {
        let words: Arc<[AtomicUsize; 2]> = Arc::new([0, 1].map(AtomicUsize::new));
        let threads = [(); 3].map(|()| {
            let words = Arc::clone(&words);
            thread::spawn(move || words.iter().map(|word| word.fetch_add(1, SeqCst)).sum::<usize>())
        });
        threads.into_iter().for_each(|thread| drop(thread.join()));
    });
    let lines = std::fs::read_to_string(&file).unwrap();
    let line = lines.lines().find(|line| line.contains("a_search_that_is_cut")).unwrap();
    assert!(line.contains("\"verdict\":\"Inconclusive (budget: "), "{line}");
    assert!(line.ends_with("\"executions\":2}"), "{line}");
    std::fs::remove_file(&file).unwrap();
}
