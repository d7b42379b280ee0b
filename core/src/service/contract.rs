//! The suite that every storage adapter runs, exported by the `contract-tests`
//! feature. An adapter's test is one line:
//!
//! ```
//! use keyfob::service::contract::{self, Memory};
//!
//! # async {
//! contract::storage(|| async { Memory::default() }).await;
//! # };
//! ```

use alloc::vec::Vec;

pub use super::memory::Memory;
use super::{Counter, Key, KeyKind, Record, Storage, Stored, Swap, Version};
use crate::UnixTime;

const NOW: UnixTime = 1_800_000_000;

/// Runs the whole contract, each part against a new, empty store from `open`.
///
/// # Panics
/// When the store breaks the contract; the message says which rule.
pub async fn storage<S: Storage, O: Future<Output = S>>(mut open: impl FnMut() -> O) {
    absent_until_written(&open().await).await;
    a_swap_needs_the_version_it_saw(&open().await).await;
    removal_is_a_swap_too(&open().await).await;
    a_recreated_record_is_not_its_predecessor(&open().await).await;
    expiry_is_exact_to_the_second(&open().await).await;
    an_expired_record_can_be_created_anew(&open().await).await;
    keys_do_not_touch_each_other(&open().await).await;
    bytes_come_back_unchanged(&open().await).await;
    counters_add_and_expire(&open().await).await;
    a_counter_at_its_end_stays_there(&open().await).await;
    of_swaps_at_once_one_wins(&open().await).await;
    adds_at_once_all_count(&open().await).await;
    many_counters_are_added_to_in_their_order(&open().await).await;
}

fn key(id: u8) -> Key {
    Key::new(KeyKind::User, [7; 16], [id; 16])
}

fn record(version: u64, body: &[u8]) -> Record {
    Record { version: Version(version), bytes: body.to_vec(), expires_at: None }
}

async fn put<S: Storage>(store: &S, key: Key, record: Record) {
    let swap = store.swap(&key, None, Some(record), NOW).await;
    assert_eq!(swap, Ok(Swap::Swapped), "creating a record where there is none succeeds");
}

async fn body<S: Storage>(store: &S, key: Key, now: UnixTime) -> Option<Vec<u8>> {
    store.load(&key, now).await.expect("the store answers").map(|stored| stored.bytes)
}

async fn absent_until_written<S: Storage>(store: &S) {
    assert_eq!(store.load(&key(1), NOW).await, Ok(None), "an empty store has no record");
    put(store, key(1), record(40, b"one")).await;
    let found = Stored { version: Version(40), bytes: b"one".to_vec() };
    assert_eq!(store.load(&key(1), NOW).await, Ok(Some(found)), "the record is found as written");
    let again = store.swap(&key(1), None, Some(record(41, b"two")), NOW).await;
    assert_eq!(again, Ok(Swap::Conflict), "a record that exists is not created again");
}

async fn a_swap_needs_the_version_it_saw<S: Storage>(store: &S) {
    let absent = store.swap(&key(1), Some(Version(1)), Some(record(2, b"x")), NOW).await;
    assert_eq!(absent, Ok(Swap::Conflict), "an absent record has no version to expect");
    put(store, key(1), record(1, b"one")).await;
    let swap = store.swap(&key(1), Some(Version(1)), Some(record(2, b"two")), NOW).await;
    assert_eq!(swap, Ok(Swap::Swapped));
    let stale = store.swap(&key(1), Some(Version(1)), Some(record(2, b"three")), NOW).await;
    assert_eq!(stale, Ok(Swap::Conflict), "a stale version is refused");
    assert_eq!(body(store, key(1), NOW).await.as_deref(), Some(&b"two"[..]), "and writes nothing");
}

async fn removal_is_a_swap_too<S: Storage>(store: &S) {
    put(store, key(1), record(1, b"one")).await;
    assert_eq!(store.swap(&key(1), Some(Version(9)), None, NOW).await, Ok(Swap::Conflict));
    assert_eq!(store.swap(&key(1), Some(Version(1)), None, NOW).await, Ok(Swap::Swapped));
    assert_eq!(store.load(&key(1), NOW).await, Ok(None));
    assert_eq!(
        store.swap(&key(1), None, None, NOW).await,
        Ok(Swap::Swapped),
        "expecting nothing and writing nothing succeeds"
    );
}

async fn a_recreated_record_is_not_its_predecessor<S: Storage>(store: &S) {
    put(store, key(1), record(1_000, b"first")).await;
    assert_eq!(store.swap(&key(1), Some(Version(1_000)), None, NOW).await, Ok(Swap::Swapped));
    put(store, key(1), record(u64::MAX >> 1, b"second")).await;
    let swap = store.swap(&key(1), Some(Version(1_000)), Some(record(1_001, b"x")), NOW).await;
    assert_eq!(swap, Ok(Swap::Conflict), "the version of the removed record is void");
}

async fn expiry_is_exact_to_the_second<S: Storage>(store: &S) {
    let expiring = Record { expires_at: Some(NOW + 10), ..record(1, b"brief") };
    put(store, key(1), expiring).await;
    assert!(body(store, key(1), NOW + 9).await.is_some(), "present in the second before");
    assert!(body(store, key(1), NOW + 10).await.is_none(), "absent from that second on");
    let late = store.swap(&key(1), Some(Version(1)), Some(record(2, b"x")), NOW + 10).await;
    assert_eq!(late, Ok(Swap::Conflict), "an expired record has no version to expect");
    let timely = store.swap(&key(1), Some(Version(1)), Some(record(2, b"x")), NOW + 9).await;
    assert_eq!(timely, Ok(Swap::Swapped));
    assert!(body(store, key(1), NOW + 99).await.is_some(), "a swap replaces the expiry as well");
}

async fn an_expired_record_can_be_created_anew<S: Storage>(store: &S) {
    put(store, key(1), Record { expires_at: Some(NOW + 1), ..record(1, b"old") }).await;
    let early = store.swap(&key(1), None, Some(record(5, b"new")), NOW).await;
    assert_eq!(early, Ok(Swap::Conflict));
    let swap = store.swap(&key(1), None, Some(record(5, b"new")), NOW + 1).await;
    assert_eq!(swap, Ok(Swap::Swapped));
    assert_eq!(body(store, key(1), NOW + 1).await.as_deref(), Some(&b"new"[..]));
}

async fn keys_do_not_touch_each_other<S: Storage>(store: &S) {
    put(store, key(1), record(1, b"one")).await;
    put(store, key(2), record(1, b"two")).await;
    assert_eq!(store.swap(&key(1), Some(Version(1)), None, NOW).await, Ok(Swap::Swapped));
    assert_eq!(body(store, key(2), NOW).await.as_deref(), Some(&b"two"[..]));
}

async fn bytes_come_back_unchanged<S: Storage>(store: &S) {
    let all: Vec<u8> = (0..=255).cycle().take(4_096).collect();
    put(store, key(1), record(u64::MAX >> 1, &all)).await;
    assert_eq!(body(store, key(1), NOW).await, Some(all));
    put(store, key(2), record(0, b"")).await;
    assert_eq!(body(store, key(2), NOW).await, Some(Vec::new()), "an empty body is a body");
}

async fn counters_add_and_expire<S: Storage>(store: &S) {
    let counter =
        |id, expires_at| Counter { key: Key::new(KeyKind::Counter, [7; 16], [id; 16]), expires_at };
    let soon = counter(1, NOW + 10);
    assert_eq!(store.add(&soon, 2, NOW).await, Ok(2), "an absent counter starts from zero");
    assert_eq!(store.add(&soon, 3, NOW + 9).await, Ok(5));
    assert_eq!(store.add(&counter(2, NOW + 10), 1, NOW).await, Ok(1), "counters are separate");
    assert_eq!(store.add(&soon, 0, NOW + 9).await, Ok(5), "adding nothing reads it");
    let later = counter(1, NOW + 20);
    assert_eq!(store.add(&later, 1, NOW + 10).await, Ok(1), "an expired counter starts again");
    assert_eq!(store.add(&later, -1, NOW + 10).await, Ok(0), "what was added is taken back");
    assert_eq!(store.add(&later, i64::MIN, NOW + 10).await, Ok(0), "a sum stops at zero");
}

async fn a_counter_at_its_end_stays_there<S: Storage>(store: &S) {
    let counter = Counter { key: key(1), expires_at: NOW + 10 };
    for sum in [i64::MAX as u64, u64::MAX - 1] {
        assert_eq!(
            store.add(&counter, i64::MAX, NOW).await,
            Ok(sum),
            "a sum beyond SQL's integers"
        );
    }
    for amount in [1, 1, i64::MAX, 0] {
        let sum = store.add(&counter, amount, NOW).await;
        assert_eq!(sum, Ok(u64::MAX), "a sum at its end neither wraps nor starts anew");
    }
    let many = [(counter.clone(), i64::MAX), (counter.clone(), 1)];
    assert_eq!(store.add_all(&many, NOW).await, Ok([u64::MAX; 2].into()), "nor among many");
    let taken_back = store.add(&counter, -3, NOW).await;
    assert_eq!(taken_back, Ok(u64::MAX - 3), "what was added is taken back");
    assert_eq!(store.add(&counter, 1, NOW + 10).await, Ok(1), "and it expires like any other");
}

async fn many_counters_are_added_to_in_their_order<S: Storage>(store: &S) {
    let counter = |id| Counter { key: key(id), expires_at: NOW + 10 };
    assert_eq!(store.add_all(&[], NOW).await, Ok(Vec::new()), "no counters have no sums");
    let additions = [(counter(1), 5), (counter(2), 1), (counter(1), 2), (counter(3), 0)];
    assert_eq!(store.add_all(&additions, NOW).await, Ok([5, 1, 7, 0].into()), "one sum for each");
    let back = [(counter(1), -7), (counter(2), -9)];
    assert_eq!(store.add_all(&back, NOW + 9).await, Ok([0, 0].into()), "they are taken back");
    assert_eq!(store.add_all(&additions[..1], NOW + 10).await, Ok([5].into()), "each expires");
    let adds = (0..64).map(|_| store.add_all(&additions[1..2], NOW));
    let mut sums: Vec<u64> =
        join_all(adds.collect()).await.into_iter().flat_map(Result::unwrap).collect();
    sums.sort_unstable();
    assert_eq!(sums, (1..=64).collect::<Vec<_>>(), "each of many at once has a sum of its own");
}

async fn of_swaps_at_once_one_wins<S: Storage>(store: &S) {
    put(store, key(1), record(1, b"start")).await;
    let swaps = (0..64u8).map(|i| {
        let (key, record) = (key(1), record(2, &[i]));
        async move { (i, store.swap(&key, Some(Version(1)), Some(record), NOW).await) }
    });
    let answers = join_all(swaps.collect()).await;
    let winners: Vec<u8> =
        answers.iter().filter(|(_, swap)| *swap == Ok(Swap::Swapped)).map(|(i, _)| *i).collect();
    assert_eq!(winners.len(), 1, "exactly one of many swaps from one version succeeds");
    assert_eq!(body(store, key(1), NOW).await, Some(winners), "and what it wrote is what is there");
}

async fn adds_at_once_all_count<S: Storage>(store: &S) {
    let counter = Counter { key: key(1), expires_at: NOW + 60 };
    let adds = (0..64).map(|_| store.add(&counter, 1, NOW));
    let mut sums: Vec<u64> =
        join_all(adds.collect()).await.into_iter().map(Result::unwrap).collect();
    sums.sort_unstable();
    assert_eq!(sums, (1..=64).collect::<Vec<_>>(), "each of many adds returns a sum of its own");
}

/// Polls all futures in turn until each is done. Enough concurrency for a suite
/// that may depend on no runtime.
async fn join_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    use core::{pin::Pin, task::Poll};

    let mut pending: Vec<Pin<alloc::boxed::Box<F>>> =
        futures.into_iter().map(alloc::boxed::Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = pending.iter().map(|_| None).collect();
    core::future::poll_fn(move |context| {
        for (future, slot) in pending.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let Poll::Ready(output) = future.as_mut().poll(context)
            {
                *slot = Some(output);
            }
        }
        if done.iter().any(Option::is_none) {
            return Poll::Pending;
        }
        Poll::Ready(done.iter_mut().filter_map(Option::take).collect())
    })
    .await
}
