//! A queue of tasks on real cores, of whose workers one dies.

use crate::common::{Tested, apart, end};
use refectory::model::processes::queue::joinable::JoinableQueue;
use refectory::sync::atomic::{AtomicU32, Ordering::SeqCst};
use refectory::sync::process::{self, Exit, Nemesis};
use refectory::sync::region::Region;

const TASKS: usize = 4;

type Tasks = Region<JoinableQueue<u32, TASKS, 2>>;
type Done = Region<[AtomicU32; TASKS]>;

fn work((tasks, done, seat): (Tasks, Done, usize)) {
    tasks.work(seat, |worker| {
        while let Some(task) = worker.try_get() {
            done[task as usize].fetch_add(1, SeqCst);
            worker.task_done().unwrap();
        }
    });
}

/// Two work, and one of them dies: who joins waits for neither for ever, and what was not lost is done once.
pub(crate) fn who_joins_survives_death_at_each_point() -> Tested {
    apart(|()| for _ in (1..).take_while(|n| one_dies(*n)) {})
}

/// Whether there are so many points.
fn one_dies(n: u64) -> bool {
    let nemesis = Nemesis::at(n).unwrap();
    nemesis.set_on_children();
    let tasks: Tasks = Region::new(JoinableQueue::new()).unwrap();
    let done: Done = Region::new([(); TASKS].map(|()| AtomicU32::new(0))).unwrap();
    (0..TASKS as u32).for_each(|task| tasks.put(task));
    let workers = [0, 1].map(|seat| process::spawn(work, (tasks.clone(), done.clone(), seat)).unwrap());
    tasks.join();
    let counts: Vec<u32> = done.iter().map(|count| count.load(SeqCst)).collect();
    let lost = tasks.lost();
    let dead = workers.map(|worker| end(worker).unwrap() != Exit::Code(0)).contains(&true);
    assert!(lost <= u32::from(dead), "{lost} lost, {:?}", nemesis.victim());
    assert!(counts.iter().all(|count| *count <= 1), "{counts:?}, {:?}", nemesis.victim());
    assert!(counts.iter().sum::<u32>() + lost >= TASKS as u32, "{counts:?}, {:?}", nemesis.victim());
    assert_eq!(dead, nemesis.victim().is_some());
    dead
}
