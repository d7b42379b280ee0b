use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::{
    AccountId, DomainId, Key, KeyKind, Ports, Service, ServiceError, SimSwapAction, SimSwapPolicy,
    records::Domain, send::FALLBACK_AFTER, transact::Change,
};
use crate::ParameterError;

/// What holds for a domain where its requests say nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainSettings {
    /// Ask about the SIM before anything is sent to a phone. A request may bring a policy
    /// of its own, which then holds alone; it cannot do without one.
    pub sim_swap: Option<SimSwapPolicy>,
    /// How many seconds to wait for a receipt before the next channel: 10 to 300. Without,
    /// a refusal leads there, and failures for
    /// [`Message::DEFAULT_PATIENCE`](super::Message::DEFAULT_PATIENCE).
    pub fallback_after: Option<u64>,
}

impl DomainSettings {
    /// Whether every value is within its range.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`], which names the field.
    pub fn check(&self) -> Result<(), ServiceError> {
        if let Some(policy) = &self.sim_swap {
            policy.check("sim_swap.max_age_hours")?;
        }
        if self.fallback_after.is_some_and(|seconds| !FALLBACK_AFTER.contains(&seconds)) {
            return Err(ServiceError::invalid("fallback_after", ParameterError::FallbackAfter));
        }
        Ok(())
    }
}

/// What to change of a domain (RFC 7396): the rest stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DomainChange {
    /// The issuer that authenticator apps show.
    pub name: Edit<String>,
    /// When not to send because of the SIM.
    pub sim_swap: Edit<SimSwapChange>,
    /// After how many seconds the next channel is tried.
    pub fallback_after: Edit<u64>,
}

/// What to change of a [`SimSwapPolicy`], or of the default one where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SimSwapChange {
    /// How far back a change matters, in hours.
    pub max_age_hours: Edit<u16>,
    /// What to do if the SIM changed.
    pub on_swapped: Edit<SimSwapAction>,
    /// What to do if that is not known.
    pub on_unknown: Edit<SimSwapAction>,
}

/// What to do with one value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Edit<T> {
    /// Leave it.
    #[default]
    Keep,
    /// Take it away, so that what holds for all holds for this domain.
    Clear,
    /// Put this in its place.
    Set(T),
}

impl Service {
    /// Creates a domain of `account`. Its `name`, if given, is what authenticator
    /// apps show as the issuer (at most 64 characters).
    pub async fn create_domain<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        name: Option<&str>,
    ) -> Result<DomainId, ServiceError> {
        self.create_domain_with(ports, account, name, DomainSettings::default()).await
    }

    /// As [`create_domain`](Self::create_domain), with settings.
    pub async fn create_domain_with<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        name: Option<&str>,
        settings: DomainSettings,
    ) -> Result<DomainId, ServiceError> {
        let name = name.map(|name| issuer(name, "name")).transpose()?;
        settings.check()?;
        let mut random = [0; 16];
        ports.fill_random(&mut random)?;
        let id = DomainId::from_random(random);
        self.transact(ports, &domain_key(account, id), |domain: Option<Domain>, now| {
            if domain.is_some() {
                return Err(ServiceError::Contention); // 122 random bits met: draw again
            }
            let (name, settings) = (name.clone(), settings.clone());
            Ok(Change::Put(Domain { name, created_at: now, settings }, None, ()))
        })
        .await?;
        Ok(id)
    }

    /// A domain's name and settings, if the account has it.
    pub async fn view_domain<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
    ) -> Result<DomainView, ServiceError> {
        let record = self.read::<_, Domain>(ports, &domain_key(account, domain)).await?;
        Ok(DomainView::new(domain, record.ok_or(ServiceError::DomainNotFound)?))
    }

    /// Changes a domain and returns it as it then is. Apps that are enrolled already keep
    /// the name that they were given.
    pub async fn change_domain<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        change: &DomainChange,
    ) -> Result<DomainView, ServiceError> {
        self.transact(ports, &domain_key(account, domain), |record: Option<Domain>, _| {
            let mut record = record.ok_or(ServiceError::DomainNotFound)?;
            change.apply(&mut record)?;
            Ok(Change::Put(record.clone(), None, DomainView::new(domain, record)))
        })
        .await
    }
}

/// A domain as its owner may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "open-views"), non_exhaustive)]
pub struct DomainView {
    /// Its id.
    pub domain: DomainId,
    /// The issuer that authenticator apps show.
    pub name: Option<String>,
    /// When it was created.
    pub created_at: crate::UnixTime,
    /// What holds for it.
    pub settings: DomainSettings,
}

impl DomainView {
    fn new(domain: DomainId, record: Domain) -> Self {
        let Domain { name, created_at, settings } = record;
        Self { domain, name, created_at, settings }
    }
}

impl DomainChange {
    fn apply(&self, record: &mut Domain) -> Result<(), ServiceError> {
        match &self.name {
            Edit::Set(name) => record.name = Some(issuer(name, "name")?),
            Edit::Clear => record.name = None,
            Edit::Keep => {}
        }
        let settings = &mut record.settings;
        match &self.sim_swap {
            Edit::Set(change) => {
                settings.sim_swap = Some(change.apply(settings.sim_swap.unwrap_or_default()));
            }
            Edit::Clear => settings.sim_swap = None,
            Edit::Keep => {}
        }
        match self.fallback_after {
            Edit::Set(seconds) => settings.fallback_after = Some(seconds),
            Edit::Clear => settings.fallback_after = None,
            Edit::Keep => {}
        }
        settings.check()
    }
}

impl SimSwapChange {
    fn apply(&self, policy: SimSwapPolicy) -> SimSwapPolicy {
        let default = SimSwapPolicy::default();
        SimSwapPolicy {
            max_age_hours: self.max_age_hours.apply(policy.max_age_hours, default.max_age_hours),
            on_swapped: self.on_swapped.apply(policy.on_swapped, default.on_swapped),
            on_unknown: self.on_unknown.apply(policy.on_unknown, default.on_unknown),
        }
    }
}

impl<T: Copy> Edit<T> {
    fn apply(self, value: T, default: T) -> T {
        match self {
            Self::Keep => value,
            Self::Clear => default,
            Self::Set(value) => value,
        }
    }
}

fn domain_key(account: AccountId, domain: DomainId) -> Key {
    Key::new(KeyKind::Domain, account.0, domain.0)
}

/// A name to be shown in an app: short, visible, and without the colon that parts
/// issuer and account in enrolment URIs.
pub(super) fn issuer(text: &str, field: &'static str) -> Result<String, ServiceError> {
    let fits = (1..=64).contains(&text.chars().count());
    if !fits || text.contains(':') || text.chars().any(char::is_control) || text.trim() != text {
        return Err(ServiceError::invalid(field, ParameterError::Name));
    }
    Ok(text.into())
}
