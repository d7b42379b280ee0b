//! A session: messages go out while places in the window are free, answers find those who
//! wait for them, and receipts are passed on.

use std::{collections::HashMap, io, sync::Arc, time::Duration};

use bytes::BytesMut;
use rusmpp::{
    CommandId,
    CommandStatus::{self, EsmeRinvbndsts, EsmeRinvcmdid, EsmeRok, EsmeRxPAppn, EsmeRxTAppn},
    Pdu,
    pdus::{DeliverSmResp, SubmitSm},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf, split},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    time::{Instant, MissedTickBehavior, interval, timeout},
};

use super::{
    config::Account,
    connect::{Bound, Stream},
    delivered, receipt, status,
    wire::{self, Frame, Garbage},
};
use crate::delivery::{DeliveryReceipt, Receipts, SendError};

/// How long the SMSC may take to answer. After that its answer is lost; and if it answered
/// nothing at all in that time, so is the session.
const ANSWER: Duration = Duration::from_secs(30);

/// How long it may take to say that it is there.
const ENQUIRY: Duration = Duration::from_secs(10);

/// How much output may wait for an SMSC that does not read, before what it says waits, too.
const LONGEST_OUTPUT: usize = 64 * 1024;

/// What the SMSC calls a message that it took, if it calls it anything.
pub(super) type Answer = Result<Option<String>, SendError>;

/// The way to send through a session. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Link {
    window: Arc<Semaphore>,
    requests: mpsc::Sender<Request>,
}

/// A place in the window. It is free again when the SMSC has answered.
pub(super) type Place = OwnedSemaphorePermit;

/// Holds the code.
struct Request {
    submit: SubmitSm,
    waiting: Waiting,
}

struct Waiting {
    answer: oneshot::Sender<Answer>,
    since: Instant,
    _place: Place,
}

impl Link {
    /// How many places are free.
    pub(super) fn free(&self) -> usize {
        self.window.available_permits()
    }

    /// Waits for a place, behind those who waited before.
    ///
    /// # Errors
    /// [`SendError::Transient`] when the session is lost.
    pub(super) async fn place(&self) -> Result<Place, SendError> {
        Arc::clone(&self.window).acquire_owned().await.map_err(|_| lost_before())
    }

    /// Submits, and waits for the answer.
    ///
    /// # Errors
    /// What the SMSC says; [`SendError::Transient`] when the session is lost before it has the
    /// message, and [`SendError::Unanswered`] when that is not known.
    pub(super) async fn submit(&self, submit: SubmitSm, place: Place) -> Answer {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { answer, since: Instant::now(), _place: place };
        self.requests.send(Request { submit, waiting }).await.map_err(|_| lost_before())?;
        answered.await.map_err(|_| lost())?
    }
}

/// The session has not seen the message.
fn lost_before() -> SendError {
    SendError::Transient("the session with the SMSC was lost".to_owned())
}

/// Nobody knows whether the SMSC has the message.
fn lost() -> SendError {
    SendError::Unanswered("the session with the SMSC was lost before its answer".to_owned())
}

/// A session that runs.
pub(super) struct Running {
    account: Arc<Account>,
    receipts: Receipts,
    reader: ReadHalf<Box<dyn Stream>>,
    writer: WriteHalf<Box<dyn Stream>>,
    input: BytesMut,
    output: BytesMut,
    is_flushed: bool,
    window: Arc<Semaphore>,
    requests: mpsc::Receiver<Request>,
    waiting: HashMap<u32, Waiting>,
    sequence: u32,
    heard: Instant,
    answered: Instant,
    enquired: Option<Instant>,
}

/// Why a session is over.
type Reason = &'static str;

/// A session for messages, and the work of it.
pub(super) fn open(account: &Arc<Account>, receipts: &Receipts, bound: Bound) -> (Link, Running) {
    let window = Arc::new(Semaphore::new(account.window));
    let (sender, requests) = mpsc::channel(account.window);
    let (reader, writer) = split(bound.stream);
    let running = Running {
        account: Arc::clone(account),
        receipts: receipts.clone(),
        reader,
        writer,
        input: bound.input,
        output: BytesMut::new(),
        is_flushed: true,
        window: Arc::clone(&window),
        requests,
        waiting: HashMap::new(),
        sequence: 1, // that of the bind
        heard: Instant::now(),
        answered: Instant::now(),
        enquired: None,
    };
    (Link { window, requests: sender }, running)
}

impl Running {
    /// Works until the session is over, and says why it is. All who wait hear of it then.
    /// When it is told to stop it says goodbye.
    pub(super) async fn run(mut self, stop: impl Future<Output = ()>) -> Reason {
        let reason = tokio::select! {
            Err(reason) = self.work() => reason,
            () = stop => {
                let sequence = self.next_sequence();
                self.put(EsmeRok, sequence, Pdu::Unbind);
                "the service ends"
            }
        };
        self.window.close();
        let goodbye = async {
            self.writer.write_all_buf(&mut self.output).await?;
            self.writer.shutdown().await
        };
        let _ = timeout(Duration::from_millis(100), goodbye).await;
        reason
    }

    async fn work(&mut self) -> Result<std::convert::Infallible, Reason> {
        let mut second = interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.take_all()?; // what came with the answer to the bind
        loop {
            let reads = self.output.len() < LONGEST_OUTPUT;
            let writes = !self.output.is_empty() || !self.is_flushed;
            tokio::select! {
                read = self.reader.read_buf(&mut self.input), if reads => {
                    if !matches!(read, Ok(1..)) {
                        return Err("the SMSC closed the connection");
                    }
                    self.take_all()?;
                }
                written = write(&mut self.writer, &mut self.output), if writes => {
                    self.is_flushed = written.map_err(|_| "the connection to the SMSC broke")?;
                }
                Some(request) = self.requests.recv() => {
                    self.submit(request);
                    while let Ok(request) = self.requests.try_recv() {
                        self.submit(request);
                    }
                }
                _ = second.tick() => self.look_at_the_clock()?,
            }
        }
    }

    fn submit(&mut self, request: Request) {
        if request.waiting.answer.is_closed() {
            return; // whoever wanted it has asked another provider
        }
        let sequence = self.next_sequence();
        self.put(EsmeRok, sequence, request.submit);
        self.waiting.insert(sequence, request.waiting);
    }

    fn take_all(&mut self) -> Result<(), Reason> {
        loop {
            match wire::take(&mut self.input) {
                Ok(Some(frame)) => self.hear(frame)?,
                Ok(None) => return Ok(()),
                Err(Garbage) => return Err("what the SMSC said is no SMPP"),
            }
        }
    }

    fn hear(&mut self, frame: Frame) -> Result<(), Reason> {
        self.heard = Instant::now();
        self.enquired = None;
        let sequence = frame.sequence;
        match frame.id {
            CommandId::SubmitSmResp | CommandId::GenericNack => {
                let status = frame.status;
                self.answer(frame);
                if status == EsmeRinvbndsts {
                    return Err("the SMSC has forgotten the session");
                }
            }
            CommandId::DeliverSm => {
                let status = self.report(&frame);
                self.put(status, sequence, DeliverSmResp::default());
            }
            CommandId::EnquireLink => self.put(EsmeRok, sequence, Pdu::EnquireLinkResp),
            CommandId::Unbind => {
                self.put(EsmeRok, sequence, Pdu::UnbindResp);
                return Err("the SMSC ended the session");
            }
            id if u32::from(id) < RESPONSES => self.put(EsmeRinvcmdid, sequence, Pdu::GenericNack),
            _ => {}
        }
        Ok(())
    }

    fn answer(&mut self, frame: Frame) {
        let Some(waiting) = self.waiting.remove(&frame.sequence) else { return };
        self.answered = self.heard;
        let answer = match (frame.id, frame.status) {
            (CommandId::SubmitSmResp, EsmeRok) => Ok(message_id(frame)),
            (_, EsmeRok) => Err(SendError::Transient("the SMSC did not understand".to_owned())),
            (_, status) => Err(status::judge(status)),
        };
        let _ = waiting.answer.send(answer); // or nobody waits any more
    }

    /// What to answer to a message from the SMSC.
    fn report(&self, frame: &Frame) -> CommandStatus {
        let provider = &self.account.name;
        let Some(delivered) = delivered::read(frame.octets()) else {
            tracing::warn!(provider, "the SMSC delivered what cannot be read");
            return EsmeRxPAppn; // so that it does not come again, and again
        };
        let Some((id, fate)) = receipt::read(&delivered) else { return EsmeRok };
        let reference = self.account.receipt_ids.of_receipt(&id);
        let receipt = DeliveryReceipt { provider: provider.clone(), reference, fate };
        // Without room it shall come again. To wait for room here would stop all else.
        if self.receipts.try_report(receipt) { EsmeRok } else { EsmeRxTAppn }
    }

    fn look_at_the_clock(&mut self) -> Result<(), Reason> {
        if self.waiting.values().any(|waiting| waiting.since.elapsed() > ANSWER) {
            if self.answered.elapsed() > ANSWER {
                return Err("the SMSC answers nothing");
            }
            self.waiting.retain(|_, waiting| waiting.since.elapsed() <= ANSWER);
        }
        match self.enquired {
            Some(enquired) if enquired.elapsed() >= ENQUIRY.min(self.account.enquire_link) => {
                return Err("the SMSC does not say that it is there");
            }
            None if self.heard.elapsed() >= self.account.enquire_link => {
                self.enquired = Some(Instant::now());
                let sequence = self.next_sequence();
                self.put(EsmeRok, sequence, Pdu::EnquireLink);
            }
            _ => {}
        }
        Ok(())
    }

    fn put(&mut self, status: CommandStatus, sequence: u32, pdu: impl Into<Pdu>) {
        wire::put(&mut self.output, status, sequence, pdu);
    }

    fn next_sequence(&mut self) -> u32 {
        self.sequence = sequence_after(self.sequence);
        self.sequence
    }
}

/// From 1 to the last, and again (SMPP 3.4 §5.1.4).
fn sequence_after(sequence: u32) -> u32 {
    const LAST: u32 = 0x7fff_ffff;
    sequence % LAST + 1
}

/// Answers have this bit.
const RESPONSES: u32 = 0x8000_0000;

/// Writes some of the output, or flushes it when there is none left. Says whether nothing
/// is left at all. Nothing is lost when it is cancelled.
async fn write(writer: &mut WriteHalf<Box<dyn Stream>>, output: &mut BytesMut) -> io::Result<bool> {
    if output.is_empty() {
        return writer.flush().await.map(|()| true);
    }
    match writer.write_buf(output).await? {
        0 => Err(io::ErrorKind::WriteZero.into()),
        _ => Ok(false),
    }
}

/// The SMSC has the message, whatever it calls it.
fn message_id(frame: Frame) -> Option<String> {
    let Some(Pdu::SubmitSmResp(answer)) = frame.body() else { return None };
    Some(answer.message_id().as_str().to_owned()).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::{SmppConfig, smpp::text};
    use rusmpp::{
        pdus::{DeliverSm, SubmitSmResp},
        types::OctetString,
        values::EsmClass,
    };
    use tokio::{io::DuplexStream, sync::mpsc::Receiver, task::JoinHandle};

    /// A session with an SMSC that the test plays.
    struct Stage {
        link: Link,
        smsc: DuplexStream,
        heard: BytesMut,
        running: JoinHandle<Reason>,
        receipts: Receiver<DeliveryReceipt>,
    }

    impl Stage {
        fn new(window: u16) -> Self {
            let config: SmppConfig = toml::from_str(&format!(
                "host = \"smsc.example\"\nsystem_id = \"bank\"\npassword = \"secret\"\n\
                 from = \"BANK\"\nwindow = {window}"
            ))
            .unwrap();
            let account = Arc::new(Account::new("smsc", &config).unwrap());
            let (ours, smsc) = tokio::io::duplex(4 * 1024);
            let (reports, receipts) = Receipts::channel();
            let bound = Bound { stream: Box::new(ours), input: BytesMut::new() };
            let (link, running) = open(&account, &reports, bound);
            let running = tokio::spawn(running.run(std::future::pending()));
            Self { link, smsc, heard: BytesMut::new(), running, receipts }
        }

        fn send(&self) -> JoinHandle<Answer> {
            let link = self.link.clone();
            tokio::spawn(async move {
                let place = link.place().await?;
                link.submit(submit(), place).await
            })
        }

        async fn hear(&mut self) -> Frame {
            self.hear_if_any().await.unwrap()
        }

        /// `None` when the session is over.
        async fn hear_if_any(&mut self) -> Option<Frame> {
            loop {
                if let Some(frame) = wire::take(&mut self.heard).unwrap() {
                    return Some(frame);
                }
                if self.smsc.read_buf(&mut self.heard).await.unwrap() == 0 {
                    return None;
                }
            }
        }

        async fn say(&mut self, status: CommandStatus, sequence: u32, pdu: impl Into<Pdu>) {
            let mut said = BytesMut::new();
            wire::put(&mut said, status, sequence, pdu);
            self.smsc.write_all(&said).await.unwrap();
        }
    }

    fn submit() -> SubmitSm {
        let source = super::super::message::Source {
            ton: rusmpp::values::Ton::Unknown,
            npi: rusmpp::values::Npi::Unknown,
            address: "BANK".parse().unwrap(),
        };
        let part = text::parts("123456", 0).unwrap().remove(0);
        let to = "447700900123".parse().unwrap();
        super::super::message::submit(&source, &to, part, 300, true).unwrap()
    }

    fn taken(id: &str) -> SubmitSmResp {
        SubmitSmResp::new(id.parse().unwrap(), vec![])
    }

    fn receipt(id: u32) -> DeliverSm {
        let text = format!("id:{id} stat:DELIVRD").into_bytes();
        let text = OctetString::from_vec(text).unwrap();
        DeliverSm::builder().esm_class(EsmClass::from(4)).short_message(text).build()
    }

    #[tokio::test(start_paused = true)]
    async fn answers_find_those_who_wait_for_them_in_whatever_order_they_come() {
        let mut stage = Stage::new(2);
        let (first, second) = (stage.send(), stage.send());
        let sequences = [stage.hear().await.sequence, stage.hear().await.sequence];
        stage.say(EsmeRok, sequences[1], taken("b")).await;
        stage.say(CommandStatus::EsmeRthrottled, sequences[0], Pdu::GenericNack).await;
        let answers = [first.await.unwrap(), second.await.unwrap()];
        assert!(matches!(answers[0], Err(SendError::Later(_))));
        assert_eq!(answers[1], Ok(Some("b".to_owned())));
        assert_eq!(stage.link.free(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_is_taken_until_the_smsc_has_answered_whoever_still_waits() {
        let mut stage = Stage::new(1);
        let given_up = stage.send();
        let sequence = stage.hear().await.sequence;
        given_up.abort();
        let next = stage.send();
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(stage.link.free(), 0);
        stage.say(EsmeRok, sequence, taken("a")).await;
        let sequence = stage.hear().await.sequence;
        stage.say(EsmeRok, sequence, taken("b")).await;
        assert_eq!(next.await.unwrap(), Ok(Some("b".to_owned())));
    }

    #[tokio::test(start_paused = true)]
    async fn all_who_wait_hear_at_once_that_the_session_is_lost() {
        let mut stage = Stage::new(1);
        let (sent, queued) = (stage.send(), stage.send());
        stage.hear().await;
        let began = Instant::now();
        drop(stage.smsc);
        assert_eq!(sent.await.unwrap(), Err(lost()));
        assert_eq!(queued.await.unwrap(), Err(lost_before()), "it had no place yet");
        assert!(began.elapsed() < Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn an_smsc_that_answers_enquiries_and_no_message_loses_the_session() {
        let mut stage = Stage::new(8);
        let sent = stage.send();
        stage.hear().await;
        let began = Instant::now();
        while let Some(frame) = stage.hear_if_any().await {
            assert_eq!(frame.id, CommandId::EnquireLink);
            stage.say(EsmeRok, frame.sequence, Pdu::EnquireLinkResp).await;
        }
        assert!(began.elapsed() < ANSWER + Duration::from_secs(2));
        assert_eq!(sent.await.unwrap(), Err(lost()));
        assert_eq!(stage.running.await.unwrap(), "the SMSC answers nothing");
    }

    #[tokio::test(start_paused = true)]
    async fn one_answer_that_is_lost_costs_its_place_and_nothing_else() {
        let mut stage = Stage::new(2);
        let _lost = stage.send();
        stage.hear().await;
        let began = Instant::now();
        while began.elapsed() < ANSWER + Duration::from_secs(5) {
            let sent = stage.send();
            let frame = stage.hear().await;
            if frame.id == CommandId::EnquireLink {
                stage.say(EsmeRok, frame.sequence, Pdu::EnquireLinkResp).await;
                continue;
            }
            stage.say(EsmeRok, frame.sequence, taken("x")).await;
            sent.await.unwrap().unwrap();
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(stage.link.free(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn receipts_that_nobody_notes_in_time_shall_come_again() {
        let mut stage = Stage::new(1);
        let mut statuses = Vec::new();
        for id in 0..2_000 {
            stage.say(EsmeRok, id, receipt(id)).await;
            statuses.push(stage.hear().await.status);
        }
        let room = statuses.iter().take_while(|status| **status == EsmeRok).count();
        assert!((1..2_000).contains(&room));
        assert!(statuses[room..].iter().all(|status| *status == EsmeRxTAppn));
        assert_eq!(stage.receipts.recv().await.unwrap().reference, "0");
        stage.say(EsmeRok, 1, receipt(1)).await;
        assert_eq!(stage.hear().await.status, EsmeRok);
    }

    #[tokio::test(start_paused = true)]
    async fn an_smsc_that_talks_and_does_not_listen_fills_no_memory() {
        let mut stage = Stage::new(1);
        let mut said = BytesMut::new();
        for id in 0..50_000 {
            wire::put(&mut said, EsmeRok, id, receipt(id));
        }
        let talking = stage.smsc.write_all(&said);
        assert!(timeout(Duration::from_secs(5), talking).await.is_err(), "it has to wait");
        // Once it does not answer an enquiry either, that is the end of it.
        assert_eq!(stage.running.await.unwrap(), "the SMSC does not say that it is there");
    }

    #[test]
    fn sequence_numbers_stay_in_the_range_that_they_have() {
        assert_eq!([1, 0x7fff_fffe, 0x7fff_ffff].map(sequence_after), [2, 0x7fff_ffff, 1]);
    }
}
