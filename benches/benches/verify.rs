//! The cost of verifying a TOTP code, as ratios measured in one run.
//!
//! `cargo bench -p keyfob-benches --bench verify`
//!
//! The subjects take turns in short rounds, so that a busy machine slows all of
//! them alike, and the median round of each counts. keyfob pays for its key set-up
//! every time; totp-rs is measured with the key object already built.
#![allow(clippy::print_stdout)] // the table is the product

use std::{hint::black_box, time::Instant};

use hmac::{Hmac, KeyInit, Mac};
use keyfob::{Algorithm, Digits, Period, Secret, Totp, TotpOutcome, TotpState};
use sha1::{Sha1, block_api::compress};

const ROUNDS: usize = 401;
const CALLS: u32 = 500;
const NOW: u64 = 1_784_300_000;
const KEY: &[u8; 20] = b"12345678901234567890";

struct Subject<'a> {
    name: &'static str,
    call: Box<dyn FnMut() + 'a>,
    rounds: Vec<f64>,
}

fn subject<'a>(name: &'static str, call: impl FnMut() + 'a) -> Subject<'a> {
    Subject { name, call: Box::new(call), rounds: Vec::with_capacity(ROUNDS) }
}

fn main() {
    let secret = Secret::from_bytes(*KEY).expect("20 bytes are a secret");
    let fresh = TotpState::default();
    let verify = |code: &str| {
        let totp = Totp::new(black_box(&secret), Algorithm::Sha1, Digits::SIX, Period::THIRTY);
        totp.verify(black_box(code), black_box(NOW), &fresh)
    };
    let other = totp_rs::Builder::new().with_secret(KEY.as_slice()).build().expect("valid");

    let totp = Totp::new(&secret, Algorithm::Sha1, Digits::SIX, Period::THIRTY);
    let hit = totp.generate(NOW).as_str().to_owned();
    let late = totp.generate(NOW - 30).as_str().to_owned();
    let miss = a_code_of_no_step(&totp);
    assert!(verify(&hit).is_accepted() && other.check(&hit, NOW).is_some());
    assert!(verify(&late).is_accepted() && other.check(&late, NOW).is_some());
    assert!(verify(&miss) == TotpOutcome::Mismatch && other.check(&miss, NOW).is_none());

    let block = [0x5a_u8; 64];
    let mut subjects = [
        subject("8 SHA-1 compressions", || {
            let mut state = black_box([1_u32, 2, 3, 4, 5]);
            for _ in 0..8 {
                compress(&mut state, black_box(&[block]));
            }
            black_box(state);
        }),
        subject("keyfob new + verify, miss", || {
            black_box(verify(&miss)).code();
        }),
        subject("keyfob new + verify, hit", || {
            black_box(verify(&hit)).code();
        }),
        subject("keyfob verify alone, miss", || {
            black_box(totp.verify(black_box(&miss), black_box(NOW), &fresh)).code();
        }),
        subject("hmac crate, key + 3 counters", || {
            let keyed = Hmac::<Sha1>::new_from_slice(black_box(KEY)).expect("any length is a key");
            for step in black_box(NOW / 30 - 1)..=black_box(NOW / 30 + 1) {
                black_box(keyed.clone().chain_update(step.to_be_bytes()).finalize().into_bytes());
            }
        }),
        subject("totp-rs 6 check, miss", || {
            black_box(other.check(black_box(&miss), black_box(NOW)));
        }),
        subject("totp-rs 6 check, hit", || {
            black_box(other.check(black_box(&hit), black_box(NOW)));
        }),
        subject("totp-rs 6 check, hit one step late", || {
            black_box(other.check(black_box(&late), black_box(NOW)));
        }),
    ];

    for _ in 0..ROUNDS {
        for subject in &mut subjects {
            subject.rounds.push(nanoseconds_per_call(&mut subject.call));
        }
    }
    print_table(&mut subjects);
}

fn a_code_of_no_step(totp: &Totp) -> String {
    let step = totp.step(NOW).expect("after T0");
    let window = [step - 1, step, step + 1].map(|step| totp.at_step(step));
    (0..1_000_000)
        .map(|value| format!("{value:06}"))
        .find(|code| window.iter().all(|used| used.as_str() != code))
        .expect("three codes leave others")
}

fn nanoseconds_per_call(call: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..CALLS {
        call();
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
}

fn print_table(subjects: &mut [Subject<'_>]) {
    let medians: Vec<f64> =
        subjects.iter_mut().map(|subject| median(&mut subject.rounds)).collect();
    let [compressions, keyfob_miss, _, _, _, totp_rs_miss, ..] = medians[..] else { return };
    println!("{:36} {:>9} {:>16} {:>14}", "", "ns/call", "x compressions", "x keyfob miss");
    for (subject, nanoseconds) in subjects.iter().zip(&medians) {
        println!(
            "{:36} {nanoseconds:9.1} {:16.2} {:14.2}",
            subject.name,
            nanoseconds / compressions,
            nanoseconds / keyfob_miss,
        );
    }
    print_requirements(compressions, keyfob_miss, totp_rs_miss);
}

/// Lines for the table of `cargo xtask bench`.
fn print_requirements(compressions: f64, keyfob: f64, totp_rs: f64) {
    let verdict = |reached| if reached { "ok" } else { "MISSED" };
    let (cost, speed) = (keyfob / compressions, totp_rs / keyfob);
    let (cheap, fast) = (verdict(cost <= 1.6), verdict(speed >= 2.0));
    println!("= verify, window of ±1, against 8 SHA-1 compressions|{cost:.2} x|<= 1.60 x|{cheap}");
    println!("= as fast as totp-rs 6 `check`, window of ±1|{speed:.2} x|>= 2.00 x|{fast}");
}

fn median(rounds: &mut [f64]) -> f64 {
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 2]
}
