//! A policy, as the classes of `keyfob._policy` say it.

use std::str::FromStr;

use keyfob::{
    ParameterError,
    service::{
        AttemptPolicy, BreakerPolicy, Percent, Place, Prices, RetentionPolicy, SendPolicy,
        SendWindow, ServicePolicy, SimSwapCoverage, TrafficPolicy, UnverifiedPolicy,
    },
};
use pyo3::{prelude::*, types::PyIterator};

use crate::{
    argument::{WindowArgument, whole},
    error::invalid,
    request::account,
};

/// What a `ServicePolicy` of Python says.
pub(crate) fn policy(given: &Bound<'_, PyAny>) -> PyResult<ServicePolicy> {
    let part = |name| Given::of(given, name);
    Ok(ServicePolicy {
        attempts: attempts(&part("attempts")?)?,
        sends: sends(&part("sends")?)?,
        traffic: traffic(&part("traffic")?)?,
        window: given.getattr("window")?.extract::<WindowArgument>()?.0,
        default_lifetime: part("default_lifetime")?.number()?,
        enrolment_lifetime: part("enrolment_lifetime")?.number()?,
        sim_swap: sim_swap(&part("sim_swap")?)?,
        retention: retention(&part("retention")?)?,
        issuer: given.getattr("issuer")?.extract()?,
    })
}

fn attempts(given: &Given<'_>) -> PyResult<AttemptPolicy> {
    AttemptPolicy::new(
        given.short("per_block")?,
        given.part("first_block")?.number()?,
        given.part("longest_block")?.number()?,
        given.short("disable_after")?,
    )
    .map_err(invalid("attempts"))
}

fn sends(given: &Given<'_>) -> PyResult<SendPolicy> {
    let window = |given: Given<'_>| -> PyResult<SendWindow> {
        let [seconds, messages] = given.pair()?;
        let messages = usize::try_from(messages.number()?).unwrap_or(usize::MAX);
        Ok(SendWindow { seconds: seconds.number()?, messages })
    };
    Ok(SendPolicy {
        per_recipient: given.part("per_recipient")?.each(window)?,
        per_account_and_day: given.limit("per_account_and_day")?,
    })
}

fn traffic(given: &Given<'_>) -> PyResult<TrafficPolicy> {
    Ok(TrafficPolicy {
        per_domain_and_day: given.limit("per_domain_and_day")?,
        per_api_key_and_day: given.limit("per_api_key_and_day")?,
        per_client_and_day: given.limit("per_client_and_day")?,
        per_country_and_day: given.limit("per_country_and_day")?,
        per_prefix_and_day: given.limit("per_prefix_and_day")?,
        cost_per_day: given.limit("cost_per_day")?,
        prices: prices(&given.part("prices")?)?,
        allowed: given.part("allowed")?.each(Given::parsed)?,
        denied: given.part("denied")?.each(Given::parsed)?,
        premium: given.part("premium")?.each(Given::parsed)?,
        unverified: given.part("unverified")?.unless_none().map(unverified).transpose()?,
        breaker: given.part("breaker")?.unless_none().map(breaker).transpose()?,
    })
}

fn prices(given: &Given<'_>) -> PyResult<Prices> {
    let price = |given: Given<'_>| -> PyResult<(Place, u64)> {
        let [place, price] = given.pair()?;
        Ok((place.parsed()?, price.number()?))
    };
    Ok(Prices {
        default: given.part("default")?.number()?,
        places: given.part("places")?.items(price)?,
    })
}

fn unverified(given: Given<'_>) -> PyResult<UnverifiedPolicy> {
    Ok(UnverifiedPolicy {
        per_country_and_day: given.part("per_country_and_day")?.number()?,
        per_country_and_hour: given.part("per_country_and_hour")?.number()?,
        per_client_and_day: given.part("per_client_and_day")?.number()?,
        share: given.percent("share")?,
        countries_per_client_and_day: given.part("countries_per_client_and_day")?.number()?,
    })
}

fn breaker(given: Given<'_>) -> PyResult<BreakerPolicy> {
    Ok(BreakerPolicy {
        sends: given.part("sends")?.number()?,
        verified: given.percent("verified")?,
    })
}

fn sim_swap(given: &Given<'_>) -> PyResult<SimSwapCoverage> {
    Ok(SimSwapCoverage {
        prefixes: given.part("prefixes")?.each(Given::parsed)?,
        cache: given.part("cache")?.number()?,
    })
}

fn retention(given: &Given<'_>) -> PyResult<RetentionPolicy> {
    let policy = RetentionPolicy::new(given.short("hours")?).map_err(invalid("retention.hours"))?;
    let accounts: Vec<_> = given.part("accounts")?.items(|given: Given<'_>| {
        let [id, hours] = given.pair()?;
        Ok((account(id.value.str()?.to_str()?)?, hours.narrow()?))
    })?;
    accounts.into_iter().try_fold(policy, |policy, (account, hours)| {
        policy.with_account(account, hours).map_err(invalid("retention.accounts"))
    })
}

/// A value, and what it is called in errors: `traffic.prices`.
struct Given<'py> {
    value: Bound<'py, PyAny>,
    name: String,
}

impl<'py> Given<'py> {
    fn of(whole: &Bound<'py, PyAny>, name: &str) -> PyResult<Self> {
        Ok(Self { value: whole.getattr(name)?, name: name.to_owned() })
    }

    fn part(&self, name: &str) -> PyResult<Self> {
        Ok(Self { value: self.value.getattr(name)?, name: format!("{}.{name}", self.name) })
    }

    fn number(&self) -> PyResult<u64> {
        whole(&self.name, &self.value)
    }

    /// What does not fit is as wrong as the largest.
    fn narrow(&self) -> PyResult<u16> {
        Ok(u16::try_from(self.number()?).unwrap_or(u16::MAX))
    }

    fn short(&self, name: &str) -> PyResult<u16> {
        self.part(name)?.narrow()
    }

    fn percent(&self, name: &str) -> PyResult<Percent> {
        let part = self.part(name)?;
        Percent::new(part.narrow()?).map_err(invalid(&part.name))
    }

    fn limit(&self, name: &str) -> PyResult<Option<u64>> {
        self.part(name)?.unless_none().map(|given| given.number()).transpose()
    }

    fn parsed<T: FromStr<Err = ParameterError>>(self) -> PyResult<T> {
        self.value.extract::<String>()?.parse().map_err(invalid(&self.name))
    }

    fn unless_none(self) -> Option<Self> {
        (!self.value.is_none()).then_some(self)
    }

    fn pair(&self) -> PyResult<[Self; 2]> {
        let (first, second) = self.value.extract()?;
        Ok([first, second].map(|value| Self { value, name: self.name.clone() }))
    }

    fn each<T, C: FromIterator<T>>(&self, read: impl Fn(Self) -> PyResult<T>) -> PyResult<C> {
        self.over(self.value.try_iter()?, read)
    }

    fn items<T, C: FromIterator<T>>(&self, read: impl Fn(Self) -> PyResult<T>) -> PyResult<C> {
        self.over(self.value.call_method0("items")?.try_iter()?, read)
    }

    fn over<T, C: FromIterator<T>>(
        &self,
        values: Bound<'py, PyIterator>,
        read: impl Fn(Self) -> PyResult<T>,
    ) -> PyResult<C> {
        values.map(|value| read(Self { value: value?, name: self.name.clone() })).collect()
    }
}

/// All of a policy as text, or of the engine's own: what the tests compare.
#[pyfunction]
pub(crate) fn describe_policy(given: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
    let policy = given.map_or_else(|| Ok(ServicePolicy::default()), policy)?;
    Ok(format!("{policy:?}"))
}
