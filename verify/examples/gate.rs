use refectory::sync::atomic::{AtomicBool, Ordering::SeqCst};
use refectory::sync::{Arc, Condvar, Mutex, thread};

#[derive(Default)]
struct Gate {
    open: AtomicBool,
    lock: Mutex<()>,
    opened: Condvar,
}

impl Gate {
    fn open(&self) {
        self.open.store(true, SeqCst);
        self.opened.notify_all();
    }

    fn pass(&self) {
        let guard = self.lock.lock().unwrap();
        if !self.open.load(SeqCst) {
            drop(self.opened.wait(guard).unwrap());
        }
    }
}

#[test]
fn who_waits_passes() {
    refectory::check(one_opens_and_one_passes);
}

fn one_opens_and_one_passes() {
    let gate = Arc::new(Gate::default());
    let guest = thread::Builder::new().name("guest".to_owned()).spawn({
        let gate = Arc::clone(&gate);
        move || gate.pass()
    });
    gate.open();
    guest.unwrap().join().unwrap();
}
