//! Many flows at once over one store, under faults, drawn from a seed and judged
//! against a plain reference of what the service promises.
//!
//! `KEYFOB_SEEDS=100000 cargo test -p keyfob --test simulator` runs more of them;
//! `KEYFOB_SEED=42` replays one.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::too_many_lines,
    unreachable_pub,
    missing_debug_implementations
)]

mod model;
mod naive;
mod random;
mod store;
mod world;

use std::thread;

use store::StoreKind;
use world::{Counts, Settings, World};

const REAL: Settings =
    Settings { store: StoreKind::Honest, naive: false, flows: 6, faults: true, operations: 60 };

fn run(seed: u64, settings: Settings) -> (Counts, Result<(), String>) {
    let mut world = World::new(seed, settings);
    let result = world.run();
    (world.counts, result)
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

/// The first of the seeds below `end` that breaks a promise.
fn first_violation(settings: Settings, end: u64) -> Option<(u64, String)> {
    (0..end).find_map(|seed| run(seed, settings).1.err().map(|violation| (seed, violation)))
}

#[test]
fn no_interleaving_and_no_fault_breaks_a_promise() {
    if let Some(seed) = number("KEYFOB_SEED") {
        let (counts, result) = run(seed, REAL);
        println!("seed {seed}: {counts:?}");
        return result.unwrap();
    }
    let seeds = number("KEYFOB_SEEDS").unwrap_or(10_000);
    let threads = thread::available_parallelism().map_or(1, usize::from) as u64;
    let runs: Vec<_> = (0..threads)
        .map(|thread| {
            thread::spawn(move || {
                let seeds = (thread..seeds).step_by(threads as usize);
                seeds.fold(Counts::default(), |mut sum, seed| {
                    let (counts, result) = run(seed, REAL);
                    if let Err(violation) = result {
                        panic!("seed {seed}: {violation}; replay with KEYFOB_SEED={seed}");
                    }
                    sum.add(&counts);
                    sum
                })
            })
        })
        .collect();
    let mut sum = Counts::default();
    for run in runs {
        sum.add(&run.join().unwrap());
    }
    println!("{seeds} seeds: {sum:?}");
    if seeds >= 1_000 {
        let rarest = sum.rarest();
        assert!(rarest >= 20, "everything must happen often to be tested: {sum:?}");
    }
}

#[test]
fn a_store_where_the_last_write_wins_is_caught() {
    let settings = Settings { store: StoreKind::LastWriteWins, ..REAL };
    let (seed, violation) =
        first_violation(settings, 20).expect("a double acceptance or lost count");
    println!("seed {seed}: {violation}");
}

#[test]
fn a_store_that_answers_before_it_is_durable_is_caught() {
    let settings = Settings { store: StoreKind::Forgetful, ..REAL };
    let (seed, violation) = first_violation(settings, 100).expect("a forgotten write");
    println!("seed {seed}: {violation}");
}

#[test]
fn a_flow_that_compares_before_it_writes_is_caught() {
    let naive = Settings { naive: true, faults: false, ..REAL };
    let (seed, violation) = first_violation(naive, 20).expect("a double acceptance or lost count");
    println!("seed {seed}: {violation}");

    let alone = Settings { flows: 1, ..naive };
    assert_eq!(first_violation(alone, 200), None, "only requests at once are its undoing");
}
