//! What is stored, before sealing.
//!
//! The wire form is postcard's: fields in their order and nothing else, so that any
//! change of a type in here, or of a public one it holds, is another format. Each kind
//! of record has a [`Body::FORMAT`], stored as its first byte. A change raises it and
//! teaches [`Body::from_format`] to read the older one; the test below holds every
//! format that was ever stored.

use alloc::{string::String, vec, vec::Vec};
use core::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{
    AccountId, Channel, DeliveryState, DomainId, Ending, Language, MessageId, OtpId, Phone,
    Recipient, ServiceError, SimSwapPolicy, Template, TransactionContext,
    accepted::AcceptedSteps,
    domain::DomainSettings,
    limits::{Tally, is_ahead},
    passage::Passages,
    traffic::{Origin, PrefixBreaker},
};
use crate::{
    CodePolicy, ParameterError, Secret, SecretError, Totp, TotpParameters, TotpState, UnixTime,
};

/// What can be sealed as a record.
pub(super) trait Body: Serialize + DeserializeOwned {
    /// The format in which it is written.
    const FORMAT: u8;

    /// Reads what was written in `format`; `None` if this version cannot.
    fn from_format(format: u8, bytes: &[u8]) -> Option<Self> {
        if format != Self::FORMAT {
            return None;
        }
        postcard::from_bytes(bytes).ok()
    }
}

macro_rules! bodies {
    ($($record:ty => $format:literal),+ $(,)?) => {
        $(impl Body for $record { const FORMAT: u8 = $format; })+
    };
}

bodies! { User => 1, TicketRecord => 1, KeyedRequest => 1, SimRecord => 1, PrefixBreaker => 1 }

impl Body for RecipientRecord {
    const FORMAT: u8 = 2;

    /// Format 1 ended with the challenges; nothing or padding behind them reads as no others.
    fn from_format(format: u8, bytes: &[u8]) -> Option<Self> {
        match format {
            2 => postcard::from_bytes(bytes).ok(),
            1 => postcard::from_bytes(&[bytes, &[0]].concat()).ok(),
            _ => None,
        }
    }
}

impl Body for Domain {
    const FORMAT: u8 = 2;

    /// Format 1 had no settings: none were made.
    fn from_format(format: u8, bytes: &[u8]) -> Option<Self> {
        match format {
            2 => postcard::from_bytes(bytes).ok(),
            1 => {
                let (name, created_at) = postcard::from_bytes(bytes).ok()?;
                Some(Self { name, created_at, settings: DomainSettings::default() })
            }
            _ => None,
        }
    }
}

impl Body for Envelope {
    const FORMAT: u8 = 5;

    /// Format 4 had no origin at its end and format 3 no policy, but nothing or padding, which
    /// reads as none.
    /// Format 1 had no language at its end, but nothing or padding, which reads as none:
    /// all messages were in English.
    fn from_format(format: u8, bytes: &[u8]) -> Option<Self> {
        match format {
            5 => postcard::from_bytes(bytes).ok(),
            4 => postcard::from_bytes(&[bytes, &[0; 4]].concat()).ok(),
            3 => Self::from_format(4, &[bytes, &[0]].concat()),
            2 => postcard::from_bytes::<Envelope2>(bytes).ok().map(Self::from),
            1 => {
                let english = postcard::to_allocvec(&Language::English).ok()?;
                Self::from_format(2, &[bytes, &english].concat())
            }
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Domain {
    pub(super) name: Option<String>,
    pub(super) created_at: UnixTime,
    pub(super) settings: DomainSettings,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct User {
    pub(super) created_at: UnixTime,
    /// What the user verifies with.
    pub(super) credential: Option<Credential>,
    /// What is being enrolled, to replace the credential once confirmed.
    pub(super) pending: Option<Pending>,
}

impl User {
    /// Which codes the user's device makes, or will once it is enrolled.
    pub(super) fn parameters(&self) -> TotpParameters {
        let pending = self.pending.as_ref().map(|pending| &pending.credential);
        self.credential.as_ref().or(pending).map_or_else(Default::default, |c| c.parameters)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Credential {
    secret: StoredSecret,
    pub(super) parameters: TotpParameters,
    pub(super) state: TotpState,
    pub(super) tally: Tally,
    accepted: AcceptedSteps,
}

impl Credential {
    pub(super) fn new(secret: &Secret, parameters: TotpParameters) -> Self {
        Self {
            secret: StoredSecret(secret.expose_bytes().to_vec()),
            parameters,
            state: TotpState::default(),
            tally: Tally::default(),
            accepted: AcceptedSteps::default(),
        }
    }

    /// Takes over the state after an accepted code, unless its step was spent while the
    /// clock ran ahead. Returns whether it was taken.
    pub(super) fn accept(&mut self, step: u64, state: TotpState) -> bool {
        if self.accepted.is_spent(step) {
            return false;
        }
        self.state = state;
        self.accepted.note(step);
        true
    }

    /// A step that was accepted while the clock ran ahead would burn every code until
    /// the calendar gets there. It gives way to `latest`, the last step that can be
    /// accepted now; what was really spent stays so. Returns whether anything changed.
    pub(super) fn settle(&mut self, latest: u64) -> bool {
        let period = self.parameters.period.seconds();
        let ahead =
            |step: u64| is_ahead(step.saturating_mul(period), latest.saturating_mul(period));
        if !self.state.last_step.is_some_and(ahead) || !self.accepted.settle(latest) {
            return false;
        }
        self.state.last_step = Some(latest);
        true
    }

    pub(super) fn secret(&self) -> Result<Secret, SecretError> {
        Secret::from_bytes(self.secret.0.as_slice())
    }

    /// Whether `code` is the one accepted last, though its step has left the window:
    /// a client that tries again for minutes is no guesser.
    pub(super) fn accepted_last(&self, totp: &Totp, code: &str) -> bool {
        let last = self.state.last_step.map(|step| totp.at_step(step));
        last.is_some_and(|last| last.as_str().as_bytes().ct_eq(code.as_bytes()).into())
    }

    /// Takes over the steps that `old` has burned if it makes the same codes: a
    /// secret that is enrolled once more spends none of them twice.
    pub(super) fn keep_burned(&mut self, old: &Self) {
        let (new_codes, old_codes) = (self.parameters, old.parameters);
        let same = self.secret.0 == old.secret.0
            && (new_codes.algorithm, new_codes.period) == (old_codes.algorithm, old_codes.period);
        if same {
            self.state.last_step = self.state.last_step.max(old.state.last_step);
            self.accepted.add(&old.accepted);
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) credential: Credential,
    /// The keyed name of the only ticket that opens it.
    pub(super) ticket: [u8; 16],
    pub(super) expires_at: UnixTime,
}

#[derive(Clone, Serialize, Deserialize)] // no Debug: it names the user
pub(super) struct TicketRecord {
    pub(super) account: AccountId,
    pub(super) domain: DomainId,
    pub(super) user_id: String,
    pub(super) account_name: String,
    pub(super) issuer: String,
}

/// All that decides whether a code sent to this recipient is accepted, in one
/// record, so that one swap both judges and records.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct RecipientRecord {
    pub(super) tally: Tally,
    /// When messages went out, oldest first, as far back as the limits look.
    pub(super) sends: Vec<UnixTime>,
    pub(super) challenges: Vec<Challenge>,
    /// Challenges of another recipient whose messages may come here, too, and since when: to
    /// be found when this one is erased.
    pub(super) mentions: Vec<(OtpId, UnixTime)>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Challenge {
    pub(super) id: OtpId,
    pub(super) mac: [u8; 32],
    pub(super) created_at: UnixTime,
    pub(super) expires_at: UnixTime,
    pub(super) attempts: u16,
    pub(super) state: ChallengeState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ChallengeState {
    Live,
    Used,
    Cancelled,
    Exhausted,
}

/// The message side of a challenge. What verifying reads of it (policy, context and
/// recipient) never changes after creation; what does change decides nothing about
/// codes, so a provider's callback can let none in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Envelope {
    pub(super) domain: DomainId,
    pub(super) recipient: Recipient,
    pub(super) template: Option<Template>,
    pub(super) ending: Ending,
    pub(super) context: Option<TransactionContext>,
    pub(super) policy: CodePolicy,
    pub(super) language: Language,
    /// The one whose code can be accepted.
    pub(super) message: MessageId,
    pub(super) passages: Passages,
    /// In the order of preference, as the request had them.
    pub(super) channels: Vec<Channel>,
    /// Who is reached by the channels that do not reach `recipient`.
    pub(super) other_recipient: Option<Recipient>,
    pub(super) fallback_after: Option<u64>,
    /// What holds for further messages over the SIM.
    pub(super) sim_swap: Option<SimSwapPolicy>,
    pub(super) origin: Origin,
}

impl Envelope {
    /// The number behind which a SIM may have changed.
    pub(super) fn phone(&self) -> Option<&Phone> {
        let recipients = [Some(&self.recipient), self.other_recipient.as_ref()];
        recipients.into_iter().flatten().find_map(Recipient::phone)
    }

    /// Before anything has gone out: these are the channels that it may go by.
    pub(super) fn go_by(&mut self, channels: Vec<Channel>, now: UnixTime) {
        if let Some(first) = channels.first() {
            self.passages = Passages::new(*first, now);
        }
        self.channels = channels;
    }

    pub(super) fn recipient_on(&self, channel: Channel) -> Result<&Recipient, ServiceError> {
        let recipients = [Some(&self.recipient), self.other_recipient.as_ref()];
        let reached = recipients.into_iter().flatten().find(|to| to.is_reachable_by(channel));
        reached.ok_or(ServiceError::invalid("channel", ParameterError::Channel))
    }
}

/// An envelope of format 2. It had the last message's state and no other.
#[derive(Serialize, Deserialize)]
struct Envelope2 {
    domain: DomainId,
    recipient: Recipient,
    template: Option<Template>,
    ending: Ending,
    context: Option<TransactionContext>,
    policy: CodePolicy,
    channel: Channel,
    delivery: DeliveryState,
    delivery_at: UnixTime,
    language: Language,
}

impl From<Envelope2> for Envelope {
    /// Which message it is of was not known: its reports are ignored and, should it still
    /// wait, it is not sent.
    fn from(old: Envelope2) -> Self {
        Self {
            domain: old.domain,
            recipient: old.recipient,
            template: old.template,
            ending: old.ending,
            context: old.context,
            policy: old.policy,
            language: old.language,
            message: MessageId([0; 16]),
            passages: Passages::of_state(old.channel, old.delivery, old.delivery_at),
            channels: vec![old.channel],
            other_recipient: None,
            fallback_after: None,
            sim_swap: None,
            origin: Origin::default(),
        }
    }
}

/// A request that carries an idempotency key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct KeyedRequest {
    /// The keyed MAC of its body.
    pub(super) mac: [u8; 32],
    pub(super) state: KeyedState,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum KeyedState {
    /// Somebody carries it out.
    Claimed { id: [u8; 16], since: UnixTime },
    /// It was carried out.
    Answered(StoredAnswer),
}

/// An answer as the host will give it again. It may hold a user's secret.
#[derive(Clone, Serialize, Deserialize, ZeroizeOnDrop)]
pub(super) struct StoredAnswer(Vec<u8>);

impl StoredAnswer {
    pub(super) fn new(answer: &[u8]) -> Self {
        Self(answer.to_vec())
    }

    pub(super) fn expose(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.clone())
    }
}

impl fmt::Debug for StoredAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("redacted")
    }
}

/// What an operator said of a SIM: the shortest time within which it changed, and the
/// longest within which it did not.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct SimRecord {
    pub(super) swapped: Option<SimFinding>,
    pub(super) not_swapped: Option<SimFinding>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct SimFinding {
    /// How far back the question went.
    pub(super) hours: u16,
    pub(super) at: UnixTime,
}

#[derive(Clone, Serialize, Deserialize, ZeroizeOnDrop)]
struct StoredSecret(Vec<u8>);

impl fmt::Debug for StoredSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("redacted")
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::{
        Algorithm, Alphabet, Digits, Period,
        service::{Destination, Email, Phone, SimSwapAction, SimSwapPolicy},
    };

    /// Stores hold these bytes. Whoever fails here writes another format: raise
    /// [`Body::FORMAT`], and add a reader of this one that the test goes on to use.
    #[test]
    fn what_is_stored_stays_as_it_is_and_readable() {
        let name = || Some("Example Bank".into());
        for (name, created_at, settings, format_1, more) in [
            (name(), NOW, settings(), "010c4578616d706c652042616e6b80a4a7da06", "01f00101020114"),
            (None, 0, DomainSettings::default(), "0000", "0000"),
        ] {
            let domain = Domain { name: name.clone(), created_at, settings };
            is_stored_as(&domain, &[format_1, more].concat());
            let padded = [bytes_of(format_1), vec![0; 9]].concat();
            let read = Domain::from_format(1, &padded).expect("it was stored");
            assert_eq!((read.name, read.created_at), (name, created_at));
            assert_eq!(read.settings, DomainSettings::default());
        }
        is_stored_as(&SimRecord::default(), "0000");
        is_stored_as(&sim_record(), "011880a4a7da0601f00181a4a7da06");
        is_stored_as(
            &user(),
            "80a4a7da060114313233343536373839303132333435363738393001083c01808ece1cff039e\
             a4a7da0601808ece1c0180bbb021011431323334353637383930313233343536373839300206\
             1e00000000000007070707070707070707070707070707d8a8a7da06",
        );
        is_stored_as(
            &ticket(),
            "010101010101010101010101010101010202020202020202020202020202020203616e6e0341\
             6e6e0c4578616d706c652042616e6b",
        );
        is_stored_as(
            &recipient(),
            &[RECIPIENT_1, "010808080808080808080808080808080880a4a7da06"].concat(),
        );
        is_stored_as(
            &keyed_request(KeyedState::Claimed { id: [6; 16], since: NOW }),
            "050505050505050505050505050505050505050505050505050505050505050500060606060606\
             0606060606060606060680a4a7da06",
        );
        is_stored_as(
            &keyed_request(KeyedState::Answered(StoredAnswer::new(b"{}"))),
            "050505050505050505050505050505050505050505050505050505050505050501027b7d",
        );
        is_stored_as(
            &PrefixBreaker { stopped_until: NOW + 3_600, probes: 5, probed_at: NOW },
            "90c0a7da060580a4a7da06",
        );
        for (index, envelope) in envelopes().iter().enumerate() {
            let (first, language) = (ENVELOPES_1[index], LANGUAGES[index]);
            let head = &first[..first.len() - STATE_1];
            let format_3 = [head, language, WAYS_3[index]].concat();
            let format_4 = [&format_3, SIM_4[index]].concat();
            is_stored_as(envelope, &[&format_4, ORIGINS[index]].concat());
            let unknown = Envelope { origin: Origin::default(), ..envelope.clone() };
            reads_as(4, &format_4, &unknown);
            reads_as(4, &[&format_4, "000000"].concat(), &unknown); // padded
            let unruled = Envelope { sim_swap: None, ..unknown };
            reads_as(3, &format_3, &unruled);
            reads_as(3, &[&format_3, "000000"].concat(), &unruled);
            let old = |language| {
                let (channel, state) = envelope.passages.current();
                let passages = Passages::of_state(channel, state, NOW);
                let (message, channels) = (MessageId([0; 16]), vec![channel]);
                let (other_recipient, fallback_after, sim_swap) = (None, None, None);
                let envelope = envelope.clone();
                Envelope {
                    language,
                    message,
                    passages,
                    channels,
                    other_recipient,
                    fallback_after,
                    sim_swap,
                    origin: Origin::default(),
                    ..envelope
                }
            };
            reads_as(2, &[first, language].concat(), &old(envelope.language));
            reads_as(1, first, &old(Language::English));
        }
        let RecipientRecord { challenges, tally, sends, .. } = recipient();
        let unmentioned = RecipientRecord { mentions: vec![], challenges, tally, sends };
        reads_as(1, RECIPIENT_1, &unmentioned);
        reads_as(1, &[RECIPIENT_1, "0000"].concat(), &unmentioned); // padded
        assert!(Domain::from_format(3, &[0, 0, 0, 0]).is_none());
    }

    const NOW: UnixTime = 1_800_000_000;

    fn reads_as<R: Body>(format: u8, bytes: &str, record: &R) {
        let read = R::from_format(format, &bytes_of(bytes)).expect("it was stored");
        assert_eq!(postcard::to_allocvec(&read).unwrap(), postcard::to_allocvec(record).unwrap());
    }

    /// How many digits format 1 had last for a message's channel, state and time.
    const STATE_1: usize = 14;

    /// What format 5 has behind format 4: all that there can be of an origin, nothing, and a country that
    /// is not known.
    const ORIGINS: [&str; 3] = [
        "01014742010108080808080808080808080808080808010909090909090909090909090909090980a4a7da06",
        "00000000",
        "010000000000",
    ];

    /// What format 3 has at its end: the message, its passages, its ways.
    const WAYS_3: [&str; 3] = [
        "09090909090909090909090909090909\
         0100000080a4a7da06\
         020002\
         01010f657665406578616d706c652e636f6d\
         011e",
        "09090909090909090909090909090909\
         0100010380a4a7da06\
         020102\
         01010f657665406578616d706c652e636f6d\
         011e",
        "09090909090909090909090909090909\
         0100020480a4a7da06\
         020202\
         01010f657665406578616d706c652e636f6d\
         011e",
    ];

    /// What format 4 has behind format 3: a policy for the SIM, or none.
    const SIM_4: [&str; 3] = ["01f0010102", "00", "00"];

    /// What format 2 has behind format 1: `en`, `de` and `zh-Hant`, each after its length.
    const LANGUAGES: [&str; 3] = ["02656e", "026465", "077a682d48616e74"];

    const RECIPIENT_1: &str = "02000280a4a7da069ea4a7da0604030303030303030303030303030303030404040404040404\
         04040404040404040404040404040404040404040404040480a4a7da06aca6a7da0602000303\
         0303030303030303030303030303040404040404040404040404040404040404040404040404\
         040404040404040480a4a7da06aca6a7da060201030303030303030303030303030303030404\
         04040404040404040404040404040404040404040404040404040404040480a4a7da06aca6a7\
         da06020203030303030303030303030303030303040404040404040404040404040404040404\
         040404040404040404040404040480a4a7da06aca6a7da060203";

    const ENVELOPES_1: [&str; 3] = [
        "02020202020202020202020202020202000d2b343437373030393030313231011e7b7b636f64\
             657d7d206c69766573207b7b6d696e757465737d7d206d696e010b6578616d706c652e636f6d\
             010206616d6f756e74054555522031057061796565044e6f69720800000080a4a7da06",
        "02020202020202020202020202020202000d2b343437373030393030313231011e7b7b636f64\
             657d7d206c69766573207b7b6d696e757465737d7d206d696e020b46412b3971435839565375\
             010206616d6f756e74054555522031057061796565044e6f69720801010380a4a7da06",
        "02020202020202020202020202020202010f616e6e406578616d706c652e636f6d011e7b7b63\
             6f64657d7d206c69766573207b7b6d696e757465737d7d206d696e00010206616d6f756e7405\
             4555522031057061796565044e6f69720803020480a4a7da06",
    ];

    fn is_stored_as<R: Body>(record: &R, golden: &str) {
        let golden = bytes_of(golden);
        assert_eq!(postcard::to_allocvec(record).unwrap(), golden);
        let read = R::from_format(R::FORMAT, &golden).expect("it was stored");
        assert_eq!(postcard::to_allocvec(&read).unwrap(), golden);
    }

    fn bytes_of(golden: &str) -> Vec<u8> {
        let byte = |at: usize| u8::from_str_radix(&golden[at..at + 2], 16).unwrap();
        (0..golden.len()).step_by(2).map(byte).collect()
    }

    fn settings() -> DomainSettings {
        let sim_swap = SimSwapPolicy {
            max_age_hours: 240,
            on_swapped: SimSwapAction::Flag,
            on_unknown: SimSwapAction::NextChannel,
        };
        DomainSettings { sim_swap: Some(sim_swap), fallback_after: Some(20) }
    }

    fn sim_record() -> SimRecord {
        let finding = |hours, at| Some(SimFinding { hours, at });
        SimRecord { swapped: finding(24, NOW), not_swapped: finding(240, NOW + 1) }
    }

    fn user() -> User {
        let secret = Secret::from_bytes(*b"12345678901234567890").unwrap();
        let parameters = |algorithm, digits, period| TotpParameters {
            algorithm,
            digits: Digits::new(digits).unwrap(),
            period: Period::new(period).unwrap(),
        };
        let mut credential = Credential::new(&secret, parameters(Algorithm::Sha256, 8, 60));
        credential.state = TotpState { last_step: Some(60_000_000), drift: -1 };
        credential.tally = Tally { failures: 3, blocked_until: NOW + 30 };
        credential.accepted.note(70_000_000);
        assert!(credential.accepted.settle(60_000_000));
        credential.accepted.note(60_000_000);
        let credential = Some(credential);
        let next = Credential::new(&secret, parameters(Algorithm::Sha512, 6, 30));
        let pending = Pending { credential: next, ticket: [7; 16], expires_at: NOW + 600 };
        User { created_at: NOW, credential, pending: Some(pending) }
    }

    fn ticket() -> TicketRecord {
        TicketRecord {
            account: AccountId([1; 16]),
            domain: DomainId([2; 16]),
            user_id: "ann".into(),
            account_name: "Ann".into(),
            issuer: "Example Bank".into(),
        }
    }

    fn recipient() -> RecipientRecord {
        use ChallengeState::{Cancelled, Exhausted, Live, Used};
        let challenge = |state| Challenge {
            id: OtpId([3; 16]),
            mac: [4; 32],
            created_at: NOW,
            expires_at: NOW + 300,
            attempts: 2,
            state,
        };
        RecipientRecord {
            tally: Tally { failures: 2, blocked_until: 0 },
            sends: vec![NOW, NOW + 30],
            challenges: [Live, Used, Cancelled, Exhausted].map(challenge).into(),
            mentions: vec![(OtpId([8; 16]), NOW)],
        }
    }

    fn keyed_request(state: KeyedState) -> KeyedRequest {
        KeyedRequest { mac: [5; 32], state }
    }

    fn envelopes() -> [Envelope; 3] {
        let envelope = |recipient, channel, delivery, ending, alphabet, language| Envelope {
            domain: DomainId([2; 16]),
            recipient,
            template: Template::parse("{{code}} lives {{minutes}} min").ok(),
            ending,
            context: TransactionContext::new([("amount", "EUR 1"), ("payee", "Noir")]).ok(),
            policy: CodePolicy::new(8, alphabet).unwrap(),
            language,
            message: MessageId([9; 16]),
            passages: Passages::of_state(channel, delivery, NOW),
            channels: vec![channel, Channel::Email],
            other_recipient: Some(Recipient::Email(Email::parse("eve@example.com").unwrap())),
            fallback_after: Some(30),
            sim_swap: settings().sim_swap.filter(|_| channel == Channel::Sms),
            origin: Origin::default(),
        };
        let origins = [
            Origin {
                destination: Some(Destination { region: "GB".parse().ok(), premium: true }),
                client: Some([8; 16]),
                api_key: Some([9; 16]),
                sent_at: NOW,
            },
            Origin::default(),
            Origin {
                destination: Some(Destination { region: None, premium: false }),
                ..Origin::default()
            },
        ];
        let phone = || Recipient::Phone(Phone::parse("+447700900121").unwrap());
        let email = Recipient::Email(Email::parse("ann@example.com").unwrap());
        let host = Ending::origin_bound("example.com").unwrap();
        let app = Ending::android_app_hash("FA+9qCX9VSu").unwrap();
        let mut envelopes = [
            envelope(
                phone(),
                Channel::Sms,
                DeliveryState::Queued,
                host,
                Alphabet::Digits,
                Language::English,
            ),
            envelope(
                phone(),
                Channel::Voice,
                DeliveryState::Failed,
                app,
                Alphabet::Letters,
                Language::German,
            ),
            envelope(
                email,
                Channel::Email,
                DeliveryState::Expired,
                Ending::None,
                Alphabet::Unambiguous,
                Language::TraditionalChinese,
            ),
        ];
        for (envelope, origin) in envelopes.iter_mut().zip(origins) {
            envelope.origin = origin;
        }
        envelopes
    }
}
