use keyfob::service::{Place, ServicePolicy, TrafficPolicy};

use super::bindings::exports::keyfob::otp::{flows as wit, totp};

/// The policy of this host, as a component takes it.
pub(super) fn of(policy: &ServicePolicy) -> wit::Policy {
    let (attempts, retention) = (&policy.attempts, &policy.retention);
    let accounts = retention.accounts().map(|(account, hours)| (account.to_string(), hours));
    let windows = policy.sends.per_recipient.iter();
    wit::Policy {
        attempts: wit::AttemptPolicy {
            per_block: attempts.per_block(),
            first_block: attempts.first_block(),
            longest_block: attempts.longest_block(),
            disable_after: attempts.disable_after(),
        },
        sends: wit::SendPolicy {
            per_recipient: windows
                .map(|it| wit::SendWindow { seconds: it.seconds(), messages: it.messages() as u32 })
                .collect(),
            per_account_and_day: policy.sends.per_account_and_day,
        },
        traffic: traffic(&policy.traffic),
        window: totp::Window { before: policy.window.before(), after: policy.window.after() },
        default_lifetime: policy.default_lifetime.seconds(),
        enrolment_lifetime: policy.enrolment_lifetime.seconds(),
        sim_swap: wit::SimSwapCoverage {
            prefixes: policy.sim_swap.prefixes.iter().map(ToString::to_string).collect(),
            cache: policy.sim_swap.cache,
        },
        retention: wit::RetentionPolicy { hours: retention.hours(), accounts: accounts.collect() },
        issuer: policy.issuer.clone(),
    }
}

fn traffic(traffic: &TrafficPolicy) -> wit::TrafficPolicy {
    let texts = |places: &[Place]| places.iter().map(ToString::to_string).collect();
    let prices = traffic.prices.places.iter();
    wit::TrafficPolicy {
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
        unverified: traffic.unverified.as_ref().map(|it| wit::UnverifiedPolicy {
            per_country_and_day: it.per_country_and_day,
            per_country_and_hour: it.per_country_and_hour,
            per_client_and_day: it.per_client_and_day,
            share: it.share.into(),
            countries_per_client_and_day: it.countries_per_client_and_day,
        }),
        breaker: traffic
            .breaker
            .as_ref()
            .map(|it| wit::BreakerPolicy { sends: it.sends, verified: it.verified.into() }),
    }
}
