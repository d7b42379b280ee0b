//! What stops a component that does not stop by itself.

use std::{
    future::poll_fn,
    io,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store, StoreLimits,
    StoreLimitsBuilder, UpdateDeadline,
};

use super::outside::Guest;

/// How many instances there may be at a time. Who comes later waits: they compute, and more of
/// them at once are not done earlier.
pub(super) const AT_ONCE: u32 = 128;

/// How many of them may be of flows that ask an operator. One that does not answer keeps an
/// instance for seconds, and who verifies a code shall not wait for it.
pub(super) const ASKING_OPERATORS: u32 = 96;

/// The most memory that an instance may have. A send has under one.
const MEMORY: usize = 16 << 20;

/// The most bytes that pass to this host at once.
const PASSED: usize = 2 << 20;

/// How long an instance may compute, in all. What it waits for is not counted.
const COMPUTING: Duration = Duration::from_secs(1);

/// How often that is looked at, and others get their turn.
const TICK: Duration = Duration::from_millis(10);

/// What an instance has used.
#[derive(Debug)]
pub(super) struct Use {
    pub(super) limits: StoreLimits,
    pub(super) computed: Arc<Stopwatch>,
    questions: u32,
}

impl Use {
    /// Sixty-four lost swaps in each step of the longest flow are some thousand.
    const MOST_QUESTIONS: u32 = 10_000;

    pub(super) fn new() -> Self {
        let limits = StoreLimitsBuilder::new()
            .memory_size(MEMORY)
            .table_elements(10_000)
            .instances(8)
            .tables(8)
            .memories(1)
            .trap_on_grow_failure(true)
            .build();
        Self { limits, computed: Arc::default(), questions: 0 }
    }

    /// Counts a question; an error if it is one too many.
    pub(super) fn question(&mut self) -> wasmtime::Result<()> {
        self.questions += 1;
        if self.questions > Self::MOST_QUESTIONS {
            wasmtime::bail!("it asks without end");
        }
        Ok(())
    }
}

/// Runs while something is polled, and stands while it waits for its turn.
#[derive(Debug, Default)]
pub(super) struct Stopwatch(Mutex<(Duration, Option<Instant>)>);

impl Stopwatch {
    /// A future whose polls are timed.
    pub(super) async fn time<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            self.lock().1 = Some(Instant::now());
            let polled = work.as_mut().poll(context);
            let elapsed = self.elapsed();
            *self.lock() = (elapsed, None);
            polled
        })
        .await
    }

    fn elapsed(&self) -> Duration {
        let (before, now) = *self.lock();
        before + now.map_or(Duration::ZERO, |began| began.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, (Duration, Option<Instant>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A machine that can be stopped, with memory for [`AT_ONCE`] instances, which is used again.
pub(super) fn configure() -> Config {
    /// The core instances, tables and memories that the encoder makes of one core module.
    const PARTS: u32 = 4;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(AT_ONCE)
        .total_core_instances(PARTS * AT_ONCE)
        .total_tables(PARTS * AT_ONCE)
        .total_memories(AT_ONCE)
        .total_stacks(AT_ONCE)
        .max_memory_size(MEMORY)
        .max_unused_warm_slots(AT_ONCE);
    let mut config = Config::new();
    config.epoch_interruption(true).allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// Has instances looked at for as long as there is the engine.
pub(super) fn tick(engine: &Engine) -> io::Result<()> {
    let engine = engine.weak();
    let run = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    };
    thread::Builder::new().name("component-ticks".to_owned()).spawn(run).map(drop)
}

/// Sets the limits of an instance.
pub(super) fn limit(store: &mut Store<Guest>) {
    store.limiter(|guest| &mut guest.used.limits);
    store.set_hostcall_fuel(PASSED);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|instance| {
        let is_over = instance.data().used.computed.elapsed() > COMPUTING;
        Ok(if is_over { UpdateDeadline::Interrupt } else { UpdateDeadline::Yield(1) })
    });
}
