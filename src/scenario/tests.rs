use super::*;
use crate::model::threads::queue::bounded::Bounded;

/// Serves every philosopher at once.
struct NoForks(usize);

impl Table for NoForks {
    fn with_seats(seats: usize) -> Self {
        Self(seats)
    }

    fn seats(&self) -> usize {
        self.0
    }

    fn dine(&self, _seat: usize, eat: &mut dyn FnMut()) {
        eat();
    }
}

/// Serves nobody but the first.
struct Stingy(usize);

impl Table for Stingy {
    fn with_seats(seats: usize) -> Self {
        Self(seats)
    }

    fn seats(&self) -> usize {
        self.0
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        if seat == 0 {
            eat();
        }
    }
}

/// Keeps whoever eats at it until the other one eats too.
struct Company(std::sync::Arc<AtomicUsize>);

impl Observer for Company {
    fn eats(&self, _role: usize, _step: usize) {
        self.0.fetch_add(1, Ordering::Relaxed);
        while self.0.load(Ordering::Relaxed) < 2 {
            sync::thread::yield_now();
        }
    }
}

#[test]
fn rejects_neighbours_who_eat_together() {
    let observer: Arc<dyn Observer> = Arc::new(Company(Arc::default()));
    let played = Rig::table::<NoForks>().play(&Arc::new(Scenario::dining(2, 1)), &observer);
    assert_eq!(played.outcome.unwrap_err().property, "neighbours_never_eat_together");
}

#[test]
fn rejects_a_seat_that_is_not_fed() {
    let violation = Rig::table::<Stingy>().program(Scenario::dining(3, 1)).run().unwrap_err();
    assert_eq!(violation.property, "every_seat_is_fed");
    assert_eq!(violation.detail, "philosopher 1 ate 0 of 1 meals");
}

#[test]
fn accepts_a_meal_of_one() {
    let mut scenario = Scenario::dining(2, 2);
    scenario.roles.truncate(1);
    let outcome = Rig::table::<NoForks>().program(scenario).run();
    assert_eq!(outcome.unwrap(), "fork0=[0, 0] fork1=[0, 0]");
}

#[test]
#[should_panic = "a table cannot pop"]
fn a_step_of_another_port_panics() {
    let mut scenario = Scenario::dining(2, 1);
    scenario.roles[0].steps = vec![Step::Pop];
    let _ = Rig::table::<NoForks>().program(scenario).run();
}

#[test]
fn everybody_has_something_to_do() {
    for (producers, consumers) in [(1, 1), (2, 1), (1, 2), (2, 2), (3, 1), (1, 3), (3, 2), (2, 3)] {
        for scenario in [Scenario::blocking(producers, consumers), Scenario::trying(producers, consumers)] {
            assert_eq!(scenario.roles.len(), producers + consumers);
            assert!(scenario.roles.iter().all(|role| !role.steps.is_empty()), "\n{scenario}");
        }
        let scenario = Scenario::blocking(producers, consumers);
        let steps: Vec<_> = scenario.roles.iter().flat_map(|role| &role.steps).collect();
        let pops = steps.iter().filter(|&&&step| step == Step::Pop).count();
        assert_eq!(2 * pops, steps.len(), "\n{scenario}");
    }
}

#[test]
fn prints_a_column_per_thread() {
    assert_eq!(
        Scenario::blocking(2, 1).to_string(),
        "producer 0 | producer 1 | consumer 0\n\
         -----------+------------+-----------\n\
         push 0     | push 100   | pop\n           \
                    |            | pop\n"
    );
}

#[test]
fn tells_what_each_consumer_received() {
    let outcome = Rig::queue::<Bounded<Item>>().program(Scenario::blocking(1, 1)).run();
    assert_eq!(outcome.unwrap(), "c0=[0, 1, 2]");
}
