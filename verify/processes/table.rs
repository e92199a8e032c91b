//! Philosophers on real cores, one of whom dies.

use crate::common::{Tested, apart, end};
use refectory::model::processes::table::ordered::{Death, Ordered};
use refectory::port::Table;
use refectory::sync::atomic::{AtomicU32, Ordering::SeqCst};
use refectory::sync::process::{self, Exit, Nemesis};
use refectory::sync::region::{Futex, Region};
use refectory::sync::thread;

const SEATS: usize = 3;
const MEALS: u32 = 2;

type Meals = Region<[AtomicU32; SEATS]>;

fn dine((table, start, meals, seat): (Ordered, Region<Futex>, Meals, usize)) {
    start.wait(0);
    for _ in 0..MEALS {
        table.dine(seat, &mut || {
            // Others are hungry meanwhile.
            (0..5).for_each(|_| thread::yield_now());
            meals[seat].fetch_add(1, SeqCst);
        });
    }
}

/// Three dine, one of whom may be killed; the others eat all that they were to eat, and the report names none but the dead one. Who was
/// killed, and the report.
pub(crate) fn dine_together() -> (Option<u32>, Vec<Death>) {
    let table = <Ordered>::with_seats(SEATS);
    let start = Region::new(Futex::new(0)).unwrap();
    let meals = Region::new([(); SEATS].map(|()| AtomicU32::new(0))).unwrap();
    let philosophers = [0, 1, 2]
        .map(|seat| process::spawn(dine, (table.clone(), start.clone(), meals.clone(), seat)).unwrap());
    start.store(1, SeqCst);
    start.wake_all();
    let numbers = philosophers.each_ref().map(process::Process::id);
    let ends = philosophers.map(|philosopher| end(philosopher).unwrap());
    let dead = ends.iter().position(|exit| *exit == Exit::Killed(9));
    for seat in (0..SEATS).filter(|seat| Some(*seat) != dead) {
        assert_eq!(ends[seat], Exit::Code(0), "philosopher {seat}, {dead:?} is dead");
        assert_eq!(meals[seat].load(SeqCst), MEALS, "philosopher {seat}, {dead:?} is dead");
    }
    let report = table.report();
    assert!(report.iter().all(|death| Some(death.seat) == dead), "{report:?}, {dead:?} is dead");
    (dead.map(|seat| numbers[seat]), report)
}

pub(crate) fn philosophers_survive_death_at_each_point() -> Tested {
    apart(|()| {
        for n in 1.. {
            let nemesis = Nemesis::at(n).unwrap();
            nemesis.set_on_children();
            let ((dead, report), victim) = (dine_together(), nemesis.victim());
            assert_eq!(dead, victim.as_ref().map(|victim| victim.process));
            match victim.as_ref().map(|victim| victim.point.as_str()) {
                None => return,
                Some("a meal that was begun") => {
                    assert!(report.len() == 2 && report.iter().all(|death| death.over_a_meal), "{report:?}");
                }
                Some("a fork in hand") => assert!(!report.is_empty() && !report[0].over_a_meal, "{report:?}"),
                Some(_) => {}
            }
        }
    })
}
