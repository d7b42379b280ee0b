use alloc::string::String;

use super::{
    AccountId, DomainId, Key, KeyKind, Ports, Service, ServiceError, records::Domain,
    transact::Change,
};
use crate::ParameterError;

impl Service {
    /// Creates a domain of `account`. Its `name`, if given, is what authenticator
    /// apps show as the issuer (at most 64 characters).
    pub async fn create_domain<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        name: Option<&str>,
    ) -> Result<DomainId, ServiceError> {
        let name = name.map(|name| issuer(name, "name")).transpose()?;
        let mut random = [0; 16];
        ports.fill_random(&mut random)?;
        let id = DomainId::from_random(random);
        self.transact(ports, &domain_key(account, id), |domain: Option<Domain>, now| {
            if domain.is_some() {
                return Err(ServiceError::Contention); // 122 random bits met: draw again
            }
            let domain = Domain { name: name.clone(), created_at: now };
            Ok(Change::Put(domain, None, ()))
        })
        .await?;
        Ok(id)
    }

    /// The name of a domain, if the account has it.
    pub async fn view_domain<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
    ) -> Result<DomainView, ServiceError> {
        let record = self.read::<_, Domain>(ports, &domain_key(account, domain)).await?;
        let record = record.ok_or(ServiceError::DomainNotFound)?;
        Ok(DomainView { domain, name: record.name, created_at: record.created_at })
    }
}

/// A domain as its owner may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DomainView {
    /// Its id.
    pub domain: DomainId,
    /// The issuer that authenticator apps show.
    pub name: Option<String>,
    /// When it was created.
    pub created_at: crate::UnixTime,
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
