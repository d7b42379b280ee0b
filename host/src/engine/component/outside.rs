//! What a component imports, answered by the ports of the flow that it runs: the same that a
//! native flow has, audit trail and all.
//!
//! wasmtime wants what its imports reach to be owned by the instance, and ports are borrowed. So
//! imports send questions to whoever runs the flow, who polls the instance and answers them in
//! between.

use std::pin::pin;

use keyfob::{
    UnixTime, Zeroizing,
    service::{
        AccountId, Channel, Counter, Fallback, Key, KeyRing, Language, Message, MessageId, OtpId,
        Outcome, Phone, Ports, Recipient, Record, SimSwapCheck, Storage, Stored, Swap, Version,
    },
};
use tokio::sync::{mpsc, oneshot};
use wasmtime::{Result, format_err};

use super::{
    answers,
    bindings::{
        keyfob::otp::{audit, delivery, sim_swap, storage},
        wasi::{clocks::wall_clock, random::random},
    },
    stopping::Use,
};
use crate::master_key::ExposedKeys;

/// What an instance knows: whom to ask.
pub(super) struct Guest {
    questions: mpsc::Sender<Question>,
    pub(super) used: Use,
}

type Reply<T> = oneshot::Sender<T>;
type StorageResult<T> = std::result::Result<T, storage::Error>;

/// One call of an import.
pub(super) enum Question {
    Now(Reply<UnixTime>),
    Random(Vec<u8>, Reply<Option<Zeroizing<Vec<u8>>>>),
    Load(Key, UnixTime, Reply<StorageResult<Option<storage::Stored>>>),
    Swap(Box<Swapping>, Reply<StorageResult<storage::Swapped>>),
    Add(Vec<(Counter, i64)>, UnixTime, Reply<StorageResult<Vec<u64>>>),
    Deliver(Box<Message>, Reply<std::result::Result<delivery::Receipt, delivery::Error>>),
    SimSwap(Phone, u16, Reply<std::result::Result<sim_swap::Answer, sim_swap::Error>>),
    Judged(Outcome, Reply<()>),
    Checked(SimSwapCheck, Reply<()>),
}

/// The arguments of a swap.
pub(super) struct Swapping {
    key: Key,
    expected: Option<Version>,
    record: Option<Record>,
    now: UnixTime,
}

/// Why a call has no answer.
pub(super) enum Ended {
    /// It met a record under a key that it was not given, and has written nothing.
    UnknownKey,
    Failed(wasmtime::Error),
}

/// Answers what the flow of one call asks.
pub(super) struct Outside<'a, P> {
    ports: &'a P,
    keys: &'a ExposedKeys,
    has_written: bool,
}

impl<'a, P: Ports> Outside<'a, P> {
    pub(super) fn new(ports: &'a P, keys: &'a ExposedKeys) -> Self {
        Self { ports, keys, has_written: false }
    }

    /// Runs the call to its end.
    pub(super) async fn answer<T>(
        mut self,
        mut asked: mpsc::Receiver<Question>,
        call: impl Future<Output = Result<T>>,
    ) -> std::result::Result<T, Ended> {
        let mut call = pin!(call);
        loop {
            tokio::select! {
                biased;
                Some(question) = asked.recv() => self.carry_out(question).await?,
                answer = &mut call => return answer.map_err(Ended::Failed),
            }
        }
    }

    async fn carry_out(&mut self, question: Question) -> std::result::Result<(), Ended> {
        let ports = self.ports;
        match question {
            Question::Now(reply) => tell(reply, ports.now()),
            Question::Random(bytes, reply) => {
                let mut bytes = Zeroizing::new(bytes);
                let drawn = ports.fill_random(&mut bytes);
                tell(reply, drawn.is_ok().then_some(bytes));
            }
            Question::Load(key, now, reply) => tell(reply, self.load(&key, now).await?),
            Question::Swap(swapping, reply) => tell(reply, self.swap(*swapping).await),
            Question::Add(additions, now, reply) => tell(reply, self.add(&additions, now).await),
            Question::Deliver(message, reply) => {
                self.has_written = true;
                tell(reply, answers::receipt(ports.deliver(*message).await));
            }
            Question::SimSwap(phone, hours, reply) => {
                self.has_written = true; // asking costs money
                tell(reply, answers::sim_swap(ports.sim_swap(&phone, hours).await));
            }
            Question::Judged(outcome, reply) => {
                ports.judged(&outcome);
                tell(reply, ());
            }
            Question::Checked(check, reply) => {
                ports.sim_swap_checked(&check);
                tell(reply, ());
            }
        }
        Ok(())
    }

    async fn load(
        &self,
        key: &Key,
        now: UnixTime,
    ) -> std::result::Result<StorageResult<Option<storage::Stored>>, Ended> {
        let Ok(found) = self.ports.storage().load(key, now).await else {
            return Ok(Err(storage::Error::StorageUnavailable));
        };
        let Some(Stored { version, bytes }) = found else { return Ok(Ok(None)) };
        self.refuse_unknown_key(&bytes)?;
        Ok(Ok(Some(storage::Stored { version: version.0, bytes })))
    }

    async fn swap(&mut self, swapping: Swapping) -> StorageResult<storage::Swapped> {
        self.has_written = true;
        let Swapping { key, expected, record, now } = swapping;
        match self.ports.storage().swap(&key, expected, record, now).await {
            Ok(Swap::Swapped) => Ok(storage::Swapped::Swapped),
            Ok(Swap::Conflict) => Ok(storage::Swapped::Conflict),
            Err(_) => Err(storage::Error::StorageUnavailable),
        }
    }

    async fn add(
        &mut self,
        additions: &[(Counter, i64)],
        now: UnixTime,
    ) -> StorageResult<Vec<u64>> {
        self.has_written |= additions.iter().any(|(_, amount)| *amount != 0);
        let storage = self.ports.storage();
        let sums = match additions {
            [(counter, amount)] => storage.add(counter, *amount, now).await.map(|sum| vec![sum]),
            _ => storage.add_all(additions, now).await,
        };
        sums.map_err(|_| storage::Error::StorageUnavailable)
    }

    fn refuse_unknown_key(&self, bytes: &[u8]) -> std::result::Result<(), Ended> {
        let Some(id) = KeyRing::key_of(bytes) else { return Ok(()) };
        if self.keys.sealing.iter().any(|(known, _)| *known == id) {
            return Ok(());
        }
        if self.has_written {
            return Err(Ended::Failed(format_err!("a sealing key was added under way")));
        }
        Err(Ended::UnknownKey)
    }
}

impl Guest {
    pub(super) fn new(questions: mpsc::Sender<Question>) -> Self {
        Self { questions, used: Use::new() }
    }

    async fn ask<T>(&mut self, question: impl FnOnce(Reply<T>) -> Question) -> Result<T> {
        self.used.question()?;
        let (reply, answer) = oneshot::channel();
        let ended = || format_err!("nobody answers it any more");
        self.questions.send(question(reply)).await.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())
    }
}

impl wall_clock::Host for Guest {
    async fn now(&mut self) -> Result<wall_clock::Datetime> {
        let seconds = self.ask(Question::Now).await?;
        Ok(wall_clock::Datetime { seconds, nanoseconds: 0 })
    }

    async fn resolution(&mut self) -> Result<wall_clock::Datetime> {
        Ok(wall_clock::Datetime { seconds: 1, nanoseconds: 0 })
    }
}

impl random::Host for Guest {
    async fn get_random_bytes(&mut self, length: u64) -> Result<Vec<u8>> {
        const MOST: u64 = 4_096;
        if length > MOST {
            return Err(format_err!("it asks for more random bytes than any flow needs"));
        }
        let bytes = vec![0; length as usize];
        let drawn = self.ask(|reply| Question::Random(bytes, reply)).await?;
        // The flow then says that there is no entropy.
        Ok(drawn.map(|mut drawn| std::mem::take(&mut *drawn)).unwrap_or_default())
    }

    async fn get_random_u64(&mut self) -> Result<u64> {
        let bytes = self.get_random_bytes(8).await?;
        let bytes = bytes.try_into().map_err(|_| format_err!("there are no random bytes"))?;
        Ok(u64::from_le_bytes(bytes))
    }
}

impl storage::Host for Guest {
    async fn load(
        &mut self,
        key: Vec<u8>,
        now: u64,
    ) -> Result<StorageResult<Option<storage::Stored>>> {
        let key = read_key(&key)?;
        self.ask(|reply| Question::Load(key, now, reply)).await
    }

    async fn swap(
        &mut self,
        key: Vec<u8>,
        expected: Option<u64>,
        replacement: Option<storage::Replacement>,
        now: u64,
    ) -> Result<StorageResult<storage::Swapped>> {
        let record = replacement.map(|it| Record {
            version: Version(it.version),
            bytes: it.bytes,
            expires_at: it.expires_at,
        });
        let (key, expected) = (read_key(&key)?, expected.map(Version));
        let swapping = Box::new(Swapping { key, expected, record, now });
        self.ask(|reply| Question::Swap(swapping, reply)).await
    }

    async fn add(
        &mut self,
        additions: Vec<storage::Addition>,
        now: u64,
    ) -> Result<StorageResult<Vec<u64>>> {
        let additions = additions.into_iter().map(|it| {
            let counter = Counter { key: read_key(&it.key)?, expires_at: it.expires_at };
            Ok((counter, it.amount))
        });
        let additions = additions.collect::<Result<_>>()?;
        self.ask(|reply| Question::Add(additions, now, reply)).await
    }
}

impl delivery::Host for Guest {
    async fn deliver(
        &mut self,
        message: delivery::Message,
    ) -> Result<std::result::Result<delivery::Receipt, delivery::Error>> {
        let message = read_message(message).ok_or_else(|| format_err!("its message is none"))?;
        self.ask(|reply| Question::Deliver(Box::new(message), reply)).await
    }
}

impl sim_swap::Host for Guest {
    async fn check(
        &mut self,
        phone: String,
        max_age_hours: u16,
    ) -> Result<std::result::Result<sim_swap::Answer, sim_swap::Error>> {
        let phone = Phone::parse(&phone).map_err(|_| format_err!("its number is none"))?;
        self.ask(|reply| Question::SimSwap(phone, max_age_hours, reply)).await
    }

    async fn checked(&mut self, finding: sim_swap::Finding) -> Result<()> {
        let check = answers::check(finding);
        self.ask(|reply| Question::Checked(check, reply)).await
    }
}

impl audit::Host for Guest {
    async fn judged(&mut self, outcome: audit::Outcome) -> Result<()> {
        let outcome =
            answers::outcome(outcome).ok_or_else(|| format_err!("its outcome is none"))?;
        self.ask(|reply| Question::Judged(outcome, reply)).await
    }
}

/// An instance that does not wait for its answer any more has ended.
fn tell<T>(reply: Reply<T>, answer: T) {
    let _ = reply.send(answer);
}

fn read_key(bytes: &[u8]) -> Result<Key> {
    Key::from_bytes(bytes).ok_or_else(|| format_err!("its storage key is none"))
}

fn read_message(message: delivery::Message) -> Option<Message> {
    let (text, code) = (Zeroizing::new(message.text), Zeroizing::new(message.code));
    let channel = answers::channel(message.channel);
    let fallbacks = message.fallbacks.into_iter().map(read_fallback).collect::<Option<_>>()?;
    Some(Message {
        otp_id: OtpId::parse(&message.otp_id).ok()?,
        id: MessageId::from_bytes(&message.id).ok()?,
        account: AccountId::parse(&message.account).ok()?,
        channel,
        recipient: Recipient::parse(channel, &message.recipient).ok()?,
        language: Language::lookup(&message.language).ok()?,
        subject: message.subject,
        text,
        code,
        expires_at: message.expires_at,
        fallbacks,
        fallback_after: message.fallback_after,
    })
}

fn read_fallback(fallback: delivery::Fallback) -> Option<Fallback> {
    let text = Zeroizing::new(fallback.text);
    let channel: Channel = answers::channel(fallback.channel);
    Some(Fallback {
        channel,
        recipient: Recipient::parse(channel, &fallback.recipient).ok()?,
        text,
    })
}
