//! The bytes that stores hold, in every format that was ever released.

use alloc::{vec, vec::Vec};

use super::*;
use crate::{
    Algorithm, Alphabet, CodePolicy, Digits, Period, Secret, TotpParameters, TotpState, UnixTime,
    service::{
        AccountId, Channel, DeliveryState, Destination, DomainId, Email, Ending, Language,
        MessageId, OtpId, Phone, Recipient, SimSwapAction, SimSwapPolicy, Template,
        TransactionContext, domain::DomainSettings, limits::Tally, passage::Passages,
        traffic::Origin,
    },
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
        is_stored_as(envelope, &[head, language, WAYS[index], SIM[index], ORIGINS[index]].concat());
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

/// What format 5 has behind the language: the message, its passages, its ways.
const WAYS: [&str; 3] = [
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

/// What it has behind that: a policy for the SIM, or none.
const SIM: [&str; 3] = ["01f0010102", "00", "00"];

/// What it has at its end: all that there can be of an origin, nothing, and a country that is
/// not known.
const ORIGINS: [&str; 3] = [
    "01014742010108080808080808080808080808080808010909090909090909090909090909090980a4a7da06",
    "00000000",
    "010000000000",
];

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
