//! The service under load: `load KEYFOB_BINARY FOLDER`, or `cargo xtask bench`.
//!
//! `POST totp/` on SQLite with `synchronous=FULL`, every accepted code durable before its
//! answer, wrk beside it on the same machine with 64 connections. Every code is valid and
//! used once; that all of them were accepted is checked against the service's own counters
//! and, where answers are read, against the answers.
#![allow(clippy::print_stdout, clippy::print_stderr)] // the table is the product
#![allow(clippy::cast_precision_loss, clippy::cast_sign_loss)] // counts of requests, never negative

mod gateway;
mod http;
mod service;
mod users;
mod wrk;

use std::{
    env, fmt, fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use gateway::Gateway;
use service::{Service, Store};
use users::{Codes, now, step};
use wrk::{Mode, wrk};

type Result<T> = std::result::Result<T, String>;

const USERS: u32 = 600_000;
const MANY: u32 = 1_000_000;
const FEW: u32 = 1_000;

fn main() -> std::process::ExitCode {
    match measure() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let (Some(binary), Some(folder), part) = (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("usage: load KEYFOB_BINARY FOLDER [totp|sends|engines COMPONENT]".to_owned());
    };
    let (binary, folder) = (PathBuf::from(binary), PathBuf::from(folder));
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let store = |name: &str, users| Store::create(&binary, &folder.join(name), users);
    match part.as_deref() {
        Some("sends") => {
            return measure_sends([store("sending", FEW)?.0, store("sending-on", FEW)?.0]);
        }
        Some("totp") => return measure_totp(store("medium", USERS)?.0),
        Some("engines") => {
            let component = arguments.next().ok_or("name the component: keyfob-service.wasm")?;
            return measure_engines(&component, store);
        }
        _ => {}
    }

    let (large, imported) = store("large", MANY)?;
    println!("{MANY} users imported in {:.1} s", imported.as_secs_f64());
    let ready = slowest_start(&large)?;
    let (small, _) = store("small", FEW)?;
    let costs = costs(&small, &folder.join("round"), &large)?;
    large.remove()?;
    small.remove()?;
    println!("CPU per request: {costs}");

    measure_totp(store("medium", USERS)?.0)?;
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let rate = f64::from(MANY) / imported.as_secs_f64();
    println!();
    let ratio = costs.of_many / costs.of_few;
    row("CPU per request, 1,000,000 users against 1,000", ratio, "x", &Asked::Below(1.3));
    row(
        "ready after start, 1,000,000 users, slowest of 5",
        milliseconds(ready),
        "ms",
        &Asked::Below(300.0),
    );
    row("users imported a second", rate, "", &Asked::AtLeast(50_000.0));
    measure_sends([store("sending", FEW)?.0, store("sending-on", FEW)?.0])
}

fn measure_totp(store: Store) -> Result<()> {
    let load = full_load(&store)?;
    store.remove()?;
    row("requests/s, 600,000 users, 64 connections", load.rate, "", &Asked::AtLeast(20_000.0));
    row("  median", load.p50, "ms", &Asked::Nothing);
    row("  99th percentile", load.p99, "ms", &Asked::Below(10.0));
    row("  resident memory, peak", load.memory, "MiB", &Asked::Below(48.0));
    row("  CPU per request", load.cost, "µs", &Asked::Nothing);
    Ok(())
}

fn measure_sends([first, second]: [Store; 2]) -> Result<()> {
    let carrier = sending_load(&first, Duration::from_millis(500))?;
    first.remove()?;
    let what = "messages accepted/s, outbox durable, carrier at 500 ms";
    row(what, carrier.rate, "", &Asked::AtLeast(5_000.0));
    row("  99th percentile", carrier.p99, "ms", &Asked::Nothing);
    row("  handed to it/s meanwhile", carrier.handed, "", &Asked::Nothing);
    let sends = sending_load(&second, Duration::ZERO)?;
    second.remove()?;
    row("messages accepted/s, carrier that answers at once", sends.rate, "", &Asked::Nothing);
    row("  99th percentile", sends.p99, "ms", &Asked::Nothing);
    row("  handed to it/s meanwhile", sends.handed, "", &Asked::Nothing);
    row("  resident memory, peak", sends.memory, "MiB", &Asked::Nothing);
    Ok(())
}

/// The same load on the native engine and on the component, one after the other.
fn measure_engines(
    component: &str,
    store: impl Fn(&str, u32) -> Result<(Store, Duration)>,
) -> Result<()> {
    let engines = ["native".to_owned(), format!("component={component}")];
    let mut totp = Vec::new();
    let mut sends = Vec::new();
    for engine in &engines {
        let users = store("medium", USERS)?.0.with_engine(engine);
        totp.push(full_load(&users)?);
        users.remove()?;
        let sending = store("sending", FEW)?.0.with_engine(engine);
        sends.push(sending_load(&sending, Duration::ZERO)?);
        sending.remove()?;
    }
    for (engine, (totp, sends)) in ["native", "component"].iter().zip(totp.iter().zip(&sends)) {
        let what = |what: &str| format!("{engine}: {what}");
        row(&what("codes of devices verified/s"), totp.rate, "", &Asked::Nothing);
        row(&what("  99th percentile"), totp.p99, "ms", &Asked::Nothing);
        row(&what("  CPU per request"), totp.cost, "µs", &Asked::Nothing);
        row(&what("messages accepted/s"), sends.rate, "", &Asked::Nothing);
        row(&what("  99th percentile"), sends.p99, "ms", &Asked::Nothing);
        row(&what("  resident memory, peak"), sends.memory, "MiB", &Asked::Nothing);
    }
    let share = |of: fn(&Load) -> f64| of(&totp[1]) / of(&totp[0]);
    row("component against native, verifications/s", share(|it| it.rate), "x", &Asked::Nothing);
    row("component against native, CPU per request", share(|it| it.cost), "x", &Asked::Nothing);
    let messages = sends[1].rate / sends[0].rate;
    row("component against native, messages/s", messages, "x", &Asked::Nothing);
    Ok(())
}

enum Asked {
    AtLeast(f64),
    Below(f64),
    Nothing,
}

/// A line for the table of `cargo xtask bench`.
fn row(what: &str, measured: f64, unit: &str, asked: &Asked) {
    let number = |value: f64| match value {
        value if value >= 1_000.0 => format!("{value:.0}"),
        value => format!("{value:.2}"),
    };
    let (asked, verdict) = match *asked {
        Asked::AtLeast(least) => (format!(">= {} {unit}", number(least)), measured >= least),
        Asked::Below(most) => (format!("<= {} {unit}", number(most)), measured <= most),
        Asked::Nothing => (String::new(), true),
    };
    let verdict = if verdict { "ok" } else { "MISSED" };
    println!("= {what}|{} {unit}|{asked}|{verdict}", number(measured));
}

/// From the start of the process until `/readyz` says yes.
fn slowest_start(store: &Store) -> Result<Duration> {
    let starts = (0..5).map(|_| Service::start(store).map(|service| service.ready_after));
    Ok(starts.collect::<Result<Vec<_>>>()?.into_iter().max().unwrap_or_default())
}

/// Microseconds of CPU per request, each the median of its rounds.
struct Costs {
    of_few: f64,
    of_many: f64,
}

impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of_few, of_many } = self;
        write!(f, "{of_few:.1} µs with {FEW} users, {of_many:.1} µs with {MANY}")
    }
}

const ROUNDS: u32 = 15;

/// A round is a burst that warms the service up and one that counts, as large as a thousand
/// users can make them within a step of time: each has three valid codes.
const WARM_UP: u32 = FEW;
const REQUESTS: u32 = 2 * FEW;

/// One round here, one there, by turns: a machine that is slower for a while is slower for
/// both.
fn costs(small: &Store, copy: &Path, large: &Store) -> Result<Costs> {
    let (mut of_few, mut of_many) = (Vec::new(), Vec::new());
    let service = Service::start(large)?;
    for round in 0..ROUNDS {
        of_few.push(cost_of_few(small, copy)?);
        of_many.push(cost_of_many(&service, large, round * (WARM_UP + REQUESTS))?);
    }
    Ok(Costs { of_few: median(of_few), of_many: median(of_many) })
}

/// All users, in a fresh copy of them that knows of no used code.
fn cost_of_few(store: &Store, copy: &Path) -> Result<f64> {
    let store = store.copy(copy)?;
    let service = Service::start(&store)?;
    wait_for_an_early_second();
    let step = step(now());
    burst(&service, Codes::new(store.folder()).add(0..FEW, step - 1))?;
    let codes = Codes::new(store.folder()).add(0..FEW, step).add(0..FEW, step + 1);
    let cost = cost(&service, codes)?;
    drop(service);
    store.remove()?;
    Ok(cost)
}

/// Users from `first` on, who were not there before. Read into memory before each burst,
/// for this is about the processor.
fn cost_of_many(service: &Service<'_>, store: &Store, first: u32) -> Result<f64> {
    let counting = first + WARM_UP;
    let codes = |users| Codes::new(store.folder()).add(users, step(now()));
    store.read_into_memory()?;
    burst(service, codes(first..counting))?;
    store.read_into_memory()?;
    cost(service, codes(counting..counting + REQUESTS))
}

fn cost(service: &Service<'_>, codes: Codes) -> Result<f64> {
    let before = service.cpu()?;
    burst(service, codes)?;
    let spent = service.cpu()?.saturating_sub(before);
    Ok(spent.as_secs_f64() * 1e6 / f64::from(REQUESTS))
}

fn median(mut costs: Vec<f64>) -> f64 {
    costs.sort_by(f64::total_cmp);
    costs[costs.len() / 2]
}

/// All of these codes, each answered with `verified: true`.
fn burst(service: &Service<'_>, codes: Codes) -> Result<()> {
    let sent = codes.write()?;
    let accepted = service.outcomes()?;
    let result = wrk(service, 2, Mode::Read)?;
    let accepted = service.outcomes()?.since(&accepted)?;
    if (result.verified, result.refused, accepted) != (sent, 0, sent) {
        return Err(format!("{sent} codes sent, {accepted} accepted, {result:?}"));
    }
    Ok(())
}

struct Load {
    rate: f64,
    p50: f64,
    p99: f64,
    memory: f64,
    cost: f64,
}

fn full_load(store: &Store) -> Result<Load> {
    const WARM_UP: u32 = 90_000;
    const WARM_UP_SECONDS: u32 = 3;
    let service = Service::start(store)?;
    // A code of the next step is good from now on for more than a minute.
    let step = step(now()) + 1;
    let main = Codes::new(store.folder()).add(WARM_UP..USERS, step); // computed before, for time runs
    Codes::new(store.folder()).add(0..WARM_UP, step).write()?;
    let warm_up = wrk(&service, WARM_UP_SECONDS, Mode::Skip)?;
    let fastest = warm_up.requests as f64 / f64::from(WARM_UP_SECONDS) * 1.3; // with room: no code is there twice
    let seconds = (f64::from(USERS - WARM_UP) / fastest).clamp(3.0, 25.0) as u32;

    main.write()?;
    let (before, cpu_before) = (service.outcomes()?, service.cpu()?);
    let began = Instant::now();
    let result = wrk(&service, seconds, Mode::Skip)?;
    let took = began.elapsed();
    let cpu = service.cpu()?.saturating_sub(cpu_before);
    let accepted = service.outcomes()?.since(&before)?;
    println!(
        "{} requests in {:.1} s, {accepted} accepted, at most {:.1} ms, {:.2} of 2 processors for the service",
        result.requests,
        result.seconds,
        result.maximum,
        cpu.as_secs_f64() / took.as_secs_f64()
    );
    // What was under way at the end was accepted and not counted by wrk.
    let plausible = (result.requests..=result.sent).contains(&accepted);
    if !plausible || result.errors > 0 || result.wrapped > 0 {
        return Err(format!("this run counts for nothing: {accepted} accepted, {result:?}"));
    }
    Ok(Load {
        rate: result.requests as f64 / result.seconds,
        p50: result.p50,
        p99: result.p99,
        memory: service.peak_memory()?,
        cost: cpu.as_secs_f64() * 1e6 / accepted as f64,
    })
}

struct Sends {
    rate: f64,
    p99: f64,
    handed: f64,
    memory: f64,
}

/// Text messages to numbers of one country, each durable before its answer, and handed over
/// by signed webhooks to a gateway on the same two processors.
fn sending_load(store: &Store, carrier_takes: Duration) -> Result<Sends> {
    const SECONDS: u32 = 10;
    let gateway = Gateway::start(carrier_takes).map_err(|error| error.to_string())?;
    let secret = format!("whsec_{}=", "A".repeat(43));
    let variables = [
        ("KEYFOB_CHANNELS__SMS", "gateway"),
        ("KEYFOB_PROVIDERS__GATEWAY__KIND", "webhook"),
        ("KEYFOB_PROVIDERS__GATEWAY__URL", gateway.url.as_str()),
        ("KEYFOB_PROVIDERS__GATEWAY__SECRET", secret.as_str()),
        // Nobody verifies anything here, which is what the limits are there to stop.
        ("KEYFOB_LIMITS__PER_ACCOUNT_AND_DAY", "off"),
        ("KEYFOB_LIMITS__PER_PREFIX_AND_DAY", "off"),
        ("KEYFOB_LIMITS__UNVERIFIED_PER_COUNTRY_AND_DAY", "off"),
        ("KEYFOB_LIMITS__BREAKER_SENDS", "off"),
    ];
    let service = Service::start_with(store, &variables)?;
    let result = wrk::sends(&service, SECONDS)?;
    let taken = gateway.taken();
    println!(
        "{} sends in {:.1} s, {taken} handed over, {result:?}",
        result.requests, result.seconds
    );
    if result.errors > 0 || taken == 0 {
        return Err(format!("this run counts for nothing: {taken} handed over, {result:?}"));
    }
    Ok(Sends {
        rate: result.requests as f64 / result.seconds,
        p99: result.p99,
        handed: taken as f64 / result.seconds,
        memory: service.peak_memory()?,
    })
}

/// The two bursts of a round must not run into the next step.
fn wait_for_an_early_second() {
    let into = now() % 30;
    if into > 20 {
        std::thread::sleep(Duration::from_secs(30 - into));
    }
}
