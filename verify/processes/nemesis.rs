//! Who dies at the n-th point.

use crate::common::{Tested, apart, end};
use refectory::sync::atomic::{AtomicU32, Ordering::SeqCst};
use refectory::sync::process::{self, Exit, Nemesis};
use refectory::sync::region::Region;

const POINTS: [&str; 3] = ["before the soup", "over the soup", "after the soup"];

fn pass_points(passed: Region<AtomicU32>) {
    for name in POINTS {
        process::point(name);
        passed.fetch_add(1, SeqCst);
    }
}

pub(crate) fn a_process_dies_at_the_nth_point() -> Tested {
    apart(|()| {
        for n in 0..=4 {
            let nemesis = Nemesis::at(n).unwrap();
            nemesis.set_on_children();
            let passed = Region::new(AtomicU32::new(0)).unwrap();
            let process = process::spawn(pass_points, passed.clone()).unwrap();
            let id = process.id();
            let exit = end(process).unwrap();
            let victim = nemesis.victim().map(|victim| (victim.process, victim.point));
            // The one who has set it passes as many points as it likes.
            process::point("a spared one");
            match POINTS.get((n as usize).wrapping_sub(1)) {
                Some(point) => {
                    assert_eq!((exit, nemesis.left()), (Exit::Killed(9), 0));
                    assert_eq!(victim, Some((id, (*point).to_owned())));
                    assert_eq!(u64::from(passed.load(SeqCst)), n - 1);
                }
                None => {
                    assert_eq!((exit, nemesis.left(), victim), (Exit::Code(0), n.saturating_sub(3), None));
                    assert_eq!(passed.load(SeqCst), 3);
                }
            }
        }
    })
}

/// One that passes points itself, and then a child of its does.
fn pass_points_and_let_pass(passed: Region<AtomicU32>) {
    pass_points(passed.clone());
    let exit = end(process::spawn(pass_points, passed).unwrap()).unwrap();
    assert_eq!(exit, Exit::Killed(9));
}

pub(crate) fn points_are_counted_in_all_processes() -> Tested {
    apart(|()| {
        let nemesis = Nemesis::at(5).unwrap();
        nemesis.set_on_children();
        let passed = Region::new(AtomicU32::new(0)).unwrap();
        let process = process::spawn(pass_points_and_let_pass, passed.clone()).unwrap();
        let id = process.id();
        assert_eq!(end(process).unwrap(), Exit::Code(0));
        let victim = nemesis.victim().unwrap();
        assert_eq!((victim.point.as_str(), passed.load(SeqCst)), (POINTS[1], 4));
        assert_ne!(victim.process, id);
    })
}
