use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use keyfob::{
    ParameterError,
    service::{
        AccountId, AttemptPolicy, BreakerPolicy, CodeLifetime, EnrolmentLifetime, KeyRing,
        MasterKey, Percent, Place, Prices, RetentionPolicy, SendPolicy, SendWindow, ServicePolicy,
        SimSwapCoverage, TrafficPolicy, UnverifiedPolicy,
    },
};

use crate::{exports::flows as wit, types::Fault};

/// The keys as core takes them.
pub(super) fn key_ring(keys: wit::Keys) -> Result<KeyRing, Fault> {
    let root = master_key(keys.root, "keys.root")?;
    let sealing = keys.sealing.into_iter();
    let sealing = sealing.map(|it| Ok((it.id, master_key(it.key, "keys.sealing")?)));
    of("keys.sealing", KeyRing::from_keys(&root, sealing.collect::<Result<Vec<_>, Fault>>()?))
}

/// Wiped when dropped, like what it is read from.
fn master_key(bytes: Vec<u8>, field: &str) -> Result<MasterKey, Fault> {
    let bytes = keyfob::Zeroizing::new(bytes);
    of(field, MasterKey::from_bytes(&bytes))
}

impl TryFrom<wit::Policy> for ServicePolicy {
    type Error = Fault;

    fn try_from(policy: wit::Policy) -> Result<Self, Fault> {
        let attempts = AttemptPolicy::new(
            policy.attempts.per_block,
            policy.attempts.first_block,
            policy.attempts.longest_block,
            policy.attempts.disable_after,
        );
        Ok(Self {
            attempts: of("policy.attempts", attempts)?,
            sends: policy.sends.try_into()?,
            traffic: policy.traffic.try_into()?,
            window: of("policy.window", policy.window.try_into())?,
            default_lifetime: of(
                "policy.default-lifetime",
                CodeLifetime::new(policy.default_lifetime),
            )?,
            enrolment_lifetime: of(
                "policy.enrolment-lifetime",
                EnrolmentLifetime::new(policy.enrolment_lifetime),
            )?,
            sim_swap: policy.sim_swap.try_into()?,
            retention: policy.retention.try_into()?,
            issuer: policy.issuer,
        })
    }
}

impl From<ServicePolicy> for wit::Policy {
    fn from(policy: ServicePolicy) -> Self {
        let attempts = policy.attempts;
        let retention = &policy.retention;
        let accounts = retention.accounts().map(|(account, hours)| (account.to_string(), hours));
        Self {
            attempts: wit::AttemptPolicy {
                per_block: attempts.per_block(),
                first_block: attempts.first_block(),
                longest_block: attempts.longest_block(),
                disable_after: attempts.disable_after(),
            },
            sends: policy.sends.into(),
            traffic: policy.traffic.into(),
            window: policy.window.into(),
            default_lifetime: policy.default_lifetime.seconds(),
            enrolment_lifetime: policy.enrolment_lifetime.seconds(),
            sim_swap: wit::SimSwapCoverage {
                prefixes: policy.sim_swap.prefixes.iter().map(ToString::to_string).collect(),
                cache: policy.sim_swap.cache,
            },
            retention: wit::RetentionPolicy {
                hours: retention.hours(),
                accounts: accounts.collect(),
            },
            issuer: policy.issuer,
        }
    }
}

impl TryFrom<wit::SendPolicy> for SendPolicy {
    type Error = Fault;

    fn try_from(sends: wit::SendPolicy) -> Result<Self, Fault> {
        let windows = sends.per_recipient.into_iter();
        let window = |it: wit::SendWindow| SendWindow::new(it.seconds, it.messages as usize);
        let per_recipient = windows.map(window).collect();
        Ok(Self {
            per_recipient: of("policy.sends.per-recipient", per_recipient)?,
            per_account_and_day: sends.per_account_and_day,
        })
    }
}

impl From<SendPolicy> for wit::SendPolicy {
    fn from(sends: SendPolicy) -> Self {
        let windows = sends.per_recipient.into_iter();
        let window = |it: SendWindow| wit::SendWindow {
            seconds: it.seconds(),
            messages: it.messages() as u32,
        };
        let per_account_and_day = sends.per_account_and_day;
        Self { per_recipient: windows.map(window).collect(), per_account_and_day }
    }
}

impl TryFrom<wit::TrafficPolicy> for TrafficPolicy {
    type Error = Fault;

    fn try_from(traffic: wit::TrafficPolicy) -> Result<Self, Fault> {
        const PRICES: &str = "policy.traffic.prices";
        let prices = Prices { default: traffic.default_price, ..Prices::default() };
        let prices = traffic.prices.iter().try_fold(prices, |prices, (text, price)| {
            of(PRICES, prices.with_place(place(text, PRICES)?, *price))
        })?;
        Ok(Self {
            per_domain_and_day: traffic.per_domain_and_day,
            per_api_key_and_day: traffic.per_api_key_and_day,
            per_client_and_day: traffic.per_client_and_day,
            per_country_and_day: traffic.per_country_and_day,
            per_prefix_and_day: traffic.per_prefix_and_day,
            cost_per_day: traffic.cost_per_day,
            prices,
            allowed: places(&traffic.allowed, "policy.traffic.allowed")?,
            denied: places(&traffic.denied, "policy.traffic.denied")?,
            premium: places(&traffic.premium, "policy.traffic.premium")?,
            unverified: traffic.unverified.map(TryInto::try_into).transpose()?,
            breaker: traffic.breaker.map(TryInto::try_into).transpose()?,
        })
    }
}

impl TryFrom<wit::UnverifiedPolicy> for UnverifiedPolicy {
    type Error = Fault;

    fn try_from(policy: wit::UnverifiedPolicy) -> Result<Self, Fault> {
        let share = of("policy.traffic.unverified.share", Percent::new(policy.share))?;
        Ok(Self {
            per_country_and_day: policy.per_country_and_day,
            per_country_and_hour: policy.per_country_and_hour,
            per_client_and_day: policy.per_client_and_day,
            share,
            countries_per_client_and_day: policy.countries_per_client_and_day,
        })
    }
}

impl TryFrom<wit::BreakerPolicy> for BreakerPolicy {
    type Error = Fault;

    fn try_from(policy: wit::BreakerPolicy) -> Result<Self, Fault> {
        let verified = of("policy.traffic.breaker.verified", Percent::new(policy.verified))?;
        Ok(Self { sends: policy.sends, verified })
    }
}

impl From<TrafficPolicy> for wit::TrafficPolicy {
    fn from(traffic: TrafficPolicy) -> Self {
        let texts = |places: &[Place]| places.iter().map(ToString::to_string).collect();
        let prices = traffic.prices.places.iter();
        Self {
            per_domain_and_day: traffic.per_domain_and_day,
            per_api_key_and_day: traffic.per_api_key_and_day,
            per_client_and_day: traffic.per_client_and_day,
            per_country_and_day: traffic.per_country_and_day,
            per_prefix_and_day: traffic.per_prefix_and_day,
            cost_per_day: traffic.cost_per_day,
            default_price: traffic.prices.default,
            prices: prices.map(|(place, price)| (place.to_string(), *price)).collect(),
            allowed: texts(&traffic.allowed),
            denied: texts(&traffic.denied),
            premium: texts(&traffic.premium),
            unverified: traffic.unverified.map(|it| wit::UnverifiedPolicy {
                per_country_and_day: it.per_country_and_day,
                per_country_and_hour: it.per_country_and_hour,
                per_client_and_day: it.per_client_and_day,
                share: it.share.into(),
                countries_per_client_and_day: it.countries_per_client_and_day,
            }),
            breaker: traffic
                .breaker
                .map(|it| wit::BreakerPolicy { sends: it.sends, verified: it.verified.into() }),
        }
    }
}

impl TryFrom<wit::SimSwapCoverage> for SimSwapCoverage {
    type Error = Fault;

    fn try_from(coverage: wit::SimSwapCoverage) -> Result<Self, Fault> {
        let prefixes = coverage.prefixes.iter().map(|text| text.parse());
        let prefixes = of("policy.sim-swap.prefixes", prefixes.collect())?;
        Ok(Self { prefixes, cache: coverage.cache })
    }
}

impl TryFrom<wit::RetentionPolicy> for RetentionPolicy {
    type Error = Fault;

    fn try_from(retention: wit::RetentionPolicy) -> Result<Self, Fault> {
        const ACCOUNTS: &str = "policy.retention.accounts";
        let everybody = of("policy.retention.hours", Self::new(retention.hours))?;
        retention.accounts.into_iter().try_fold(everybody, |policy, (account, hours)| {
            let account: AccountId = of(ACCOUNTS, account.parse())?;
            of(ACCOUNTS, policy.with_account(account, hours))
        })
    }
}

fn places(texts: &[String], field: &str) -> Result<Vec<Place>, Fault> {
    texts.iter().map(|text| place(text, field)).collect()
}

fn place(text: &str, field: &str) -> Result<Place, Fault> {
    of(field, text.parse())
}

fn of<T>(field: &str, read: Result<T, ParameterError>) -> Result<T, Fault> {
    read.map_err(|error| Fault::from(error).of(field))
}
