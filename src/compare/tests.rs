//! All models agree with the serial loop.

use super::model::Model;
use super::server::Surroundings;
use super::solution::solve;
use super::work::{Kind, Work};

/// Solves the work with this model, in this process, and gives the items that were done, and their sum.
fn solved(model: Model, work: &Work, workers: usize) -> (u64, u64) {
    let shares = solve(model, work, workers).unwrap();
    assert!(shares.iter().all(|share| share.trouble.is_none()), "{shares:?}");
    assert!(shares.iter().all(|share| share.latencies.len() as u64 == share.items), "{shares:?}");
    (shares.iter().map(|share| share.items).sum(), shares.iter().map(|share| share.sum).sum())
}

/// Those that need no processes: a test's `main` starts none.
const HERE: [Model; 6] =
    [Model::Serial, Model::Threads, Model::Gil, Model::Coroutines, Model::Channels, Model::Actors];

fn agree(kind: Kind, items: u32) {
    let surroundings = Surroundings::new().unwrap();
    let (files, server) = (surroundings.files().to_owned(), surroundings.address());
    let work = Work { kind, items, seats: 5, files, server };
    let models = HERE.into_iter().chain(cfg!(feature = "processes").then_some(Model::Pool));
    for model in models {
        for workers in [1, 2, 5] {
            let answer = (u64::from(items), work.expected());
            assert_eq!(solved(model, &work, workers), answer, "{model} with {workers} workers");
        }
    }
}

#[test]
fn all_models_count_the_same_primes() {
    agree(Kind::Cpu, 7);
}

#[test]
fn all_models_hear_the_same_answers() {
    agree(Kind::Io, 11);
    agree(Kind::Mixed, 7);
}

#[test]
fn all_tables_serve_the_same_meals() {
    agree(Kind::Dining, 50);
}

#[test]
fn without_items_there_is_nothing_to_do() {
    agree(Kind::Cpu, 0);
}
