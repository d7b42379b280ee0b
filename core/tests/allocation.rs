//! Generating and verifying must not allocate: on a busy service the allocator is
//! a lock, and every copy on the heap is one more place a code must be wiped from.
//!
//! Without the test harness, whose own threads allocate when they please.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test fails by unwrapping and reports by printing

use std::{alloc::System, hint::black_box};

use keyfob::{Algorithm, Digits, Hotp, LookAhead, Period, Secret, Steam, Totp, TotpState, Window};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const NOW: u64 = 1_784_300_015;

fn main() {
    let counted = allocations(|| drop(black_box(Box::new(1))));
    assert_eq!(counted, 1, "the counter counts");

    let secrets = [20, 64, 65, 256].map(|length| Secret::from_bytes(vec![7; length]).unwrap());
    for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512] {
        for secret in &secrets {
            let counted = allocations(|| every_call(secret, algorithm));
            assert_eq!(counted, 0, "{algorithm} with {} bits", secret.bits());
        }
    }
    println!("no allocation in generate and verify");
}

fn every_call(secret: &Secret, algorithm: Algorithm) {
    let totp = Totp::new(secret, algorithm, Digits::SIX, Period::THIRTY)
        .with_window(Window::new(10, 10).unwrap());
    let code = black_box(totp.generate(NOW));
    let fresh = TotpState::default();
    assert!(totp.verify(code.as_str(), NOW, &fresh).is_accepted());
    assert!(!totp.verify("12345", NOW, &fresh).is_accepted());

    let hotp = Hotp::new(secret, algorithm, Digits::EIGHT);
    let [first, second] = [5, 6].map(|counter| hotp.generate(counter));
    assert!(hotp.verify(first.as_str(), 0, LookAhead::default()).is_accepted());
    let pair = hotp.resynchronise(first.as_str(), second.as_str(), 0, LookAhead::MAXIMUM);
    assert!(pair.is_accepted());

    let steam = Steam::new(secret);
    assert!(steam.verify(steam.generate(NOW).as_str(), NOW, &fresh).is_accepted());
}

fn allocations(work: impl FnOnce()) -> usize {
    let region = Region::new(ALLOCATOR);
    work();
    let change = region.change();
    change.allocations + change.reallocations
}
