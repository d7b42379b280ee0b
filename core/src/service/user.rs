use alloc::string::{String, ToString};

use zeroize::Zeroizing;

use super::{
    AccountId, DomainId, Key, KeyKind, Ports, Service, ServiceError,
    domain::issuer,
    enrol::{Ticket, enrolment_uri, ticket_key},
    limits::Gate,
    records::{Credential, Pending, User},
    transact::Change,
};
use crate::{ParameterError, Secret, SecretError, TotpParameters, UnixTime};

/// The id an application knows its user by: 1 to 256 bytes without control
/// characters and without spaces at either end. Taken exactly as given.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UserId(String);

impl UserId {
    /// Takes `text` as a user id.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for the field `user_id`.
    pub fn parse(text: &str) -> Result<Self, ServiceError> {
        let fits = (1..=256).contains(&text.len());
        if !fits || text.trim() != text || text.chars().any(char::is_control) {
            return Err(ServiceError::invalid("user_id", ParameterError::UserId));
        }
        Ok(Self(text.to_string()))
    }

    /// The id as the application gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for UserId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("UserId(redacted)") // often an email address
    }
}

/// A user to be created.
#[derive(Clone)]
pub struct NewUser {
    /// The id the application knows the user by.
    pub user_id: UserId,
    /// The secret to use; one is generated if there is none.
    pub secret: Option<Secret>,
    /// Take a given secret under 128 bits too, as some older services gave them.
    pub accept_short_secret: bool,
    /// Which codes the user's device makes.
    pub parameters: TotpParameters,
    /// What authenticator apps show beside the issuer; the user id if not given.
    pub account_name: Option<String>,
    /// Return the secret and count the enrolment as complete, instead of opening
    /// an enrolment that the user completes.
    pub return_secret: bool,
}

impl NewUser {
    /// A user with the defaults that every authenticator app understands: SHA-1,
    /// six digits, 30 seconds, a generated secret, enrolment by the user.
    pub fn new(user_id: UserId) -> Self {
        Self {
            user_id,
            secret: None,
            accept_short_secret: false,
            parameters: TotpParameters::default(),
            account_name: None,
            return_secret: false,
        }
    }
}

impl core::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("NewUser")
            .field("parameters", &self.parameters)
            .field("return_secret", &self.return_secret)
            .finish_non_exhaustive()
    }
}

/// A new enrolment of a user who exists.
#[derive(Clone)]
pub struct NewEnrolment {
    /// The id the application knows the user by.
    pub user_id: UserId,
    /// The secret to use; one is generated if there is none.
    pub secret: Option<Secret>,
    /// Take a given secret under 128 bits too, as some older services gave them.
    pub accept_short_secret: bool,
    /// Which codes the new device makes; the same as the old one if not given.
    pub parameters: Option<TotpParameters>,
    /// What authenticator apps show beside the issuer; the user id if not given.
    pub account_name: Option<String>,
    /// End the old secret at once. Otherwise it works until the new one is confirmed.
    pub revoke: bool,
}

impl NewEnrolment {
    /// An enrolment with a generated secret, for a device of the same kind.
    pub fn new(user_id: UserId) -> Self {
        Self {
            user_id,
            secret: None,
            accept_short_secret: false,
            parameters: None,
            account_name: None,
            revoke: false,
        }
    }
}

impl core::fmt::Debug for NewEnrolment {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("NewEnrolment")
            .field("parameters", &self.parameters)
            .field("revoke", &self.revoke)
            .finish_non_exhaustive()
    }
}

/// An enrolment that the user completes.
#[derive(Clone)]
#[cfg_attr(not(feature = "open-views"), non_exhaustive)]
pub struct OpenEnrolment {
    /// What opens it, once.
    pub ticket: Ticket,
    /// The second from which it no longer does.
    pub expires_at: UnixTime,
    /// Which codes the device is to make.
    pub parameters: TotpParameters,
}

impl core::fmt::Debug for OpenEnrolment {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("OpenEnrolment")
            .field("expires_at", &self.expires_at)
            .field("parameters", &self.parameters)
            .finish_non_exhaustive()
    }
}

/// What became of a new user.
#[derive(Clone)]
pub enum Created {
    /// Enrolled; here is the secret to give to the user.
    Enrolled {
        /// The secret.
        secret: Secret,
        /// The `otpauth://` URI that holds it, for an authenticator app.
        uri: Zeroizing<String>,
    },
    /// The user is to enrol.
    Pending(OpenEnrolment),
}

impl core::fmt::Debug for Created {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Enrolled { .. } => f.write_str("Enrolled(redacted)"),
            Self::Pending(enrolment) => enrolment.fmt(f),
        }
    }
}

/// A user as the application may see it. No secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "open-views"), non_exhaustive)]
pub struct UserView {
    /// How the user stands.
    pub status: UserStatus,
    /// When the user was created.
    pub created_at: UnixTime,
    /// Which codes the user's device makes.
    pub parameters: TotpParameters,
    /// The second in which an open enrolment ends, if there is one.
    pub enrolment_expires_at: Option<UnixTime>,
    /// Wrong codes in a row.
    pub failures: u16,
}

/// How a user stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserStatus {
    /// Has not enrolled yet.
    Pending,
    /// Can verify codes.
    Active,
    /// Has seen too many wrong codes and rests.
    Blocked {
        /// The second in which the block ends.
        until: UnixTime,
    },
    /// Has seen too many wrong codes in a row and must enrol anew.
    Disabled,
}

impl UserStatus {
    /// The stable name of this status, the same in every language.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Blocked { .. } => "blocked",
            Self::Disabled => "disabled",
        }
    }
}

impl Service {
    /// Creates a user.
    ///
    /// # Errors
    /// [`ServiceError::UserExists`] if there is one: nothing changes then, least of
    /// all the secret. [`ServiceError::DomainNotFound`], [`ServiceError::Invalid`].
    pub async fn create_user<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        user: &NewUser,
    ) -> Result<Created, ServiceError> {
        let secret = accepted_or_new(ports, user.secret.as_ref(), user.accept_short_secret)?;
        let issuer_name = self.issuer_of(ports, account, domain).await?;
        let credential = Credential::new(&secret, user.parameters);
        let key = self.user_key(account, domain, &user.user_id);
        let account_name = account_name(user.account_name.as_deref(), &user.user_id)?;
        if user.return_secret {
            let uri = enrolment_uri(&issuer_name, &account_name, &credential, &secret)?;
            self.put_new_user(ports, &key, Some(credential), None).await?;
            return Ok(Created::Enrolled { secret, uri });
        }
        if self.read::<_, User>(ports, &key).await?.is_some() {
            return Err(ServiceError::UserExists); // before a ticket is made for nothing
        }
        let shown = (issuer_name, account_name);
        let ticket = self.issue_ticket(ports, account, domain, &user.user_id, shown).await?;
        let pending = ticket.pending(credential);
        self.put_new_user(ports, &key, None, Some(pending)).await?;
        Ok(Created::Pending(ticket.open(user.parameters)))
    }

    /// Opens a new enrolment for a user whose device is lost or replaced. The old
    /// secret works until the new one is confirmed, or ends at once if so asked. An
    /// enrolment that was open before is void.
    ///
    /// # Errors
    /// [`ServiceError::UserNotFound`], [`ServiceError::DomainNotFound`],
    /// [`ServiceError::Invalid`].
    pub async fn open_enrolment<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        new: &NewEnrolment,
    ) -> Result<OpenEnrolment, ServiceError> {
        let secret = accepted_or_new(ports, new.secret.as_ref(), new.accept_short_secret)?;
        let issuer = self.issuer_of(ports, account, domain).await?;
        let shown = (issuer, account_name(new.account_name.as_deref(), &new.user_id)?);
        let key = self.user_key(account, domain, &new.user_id);
        if self.read::<_, User>(ports, &key).await?.is_none() {
            return Err(ServiceError::UserNotFound); // before a ticket is made for nothing
        }
        let ticket = self.issue_ticket(ports, account, domain, &new.user_id, shown).await?;
        let (parameters, replaced) = self
            .transact(ports, &key, |found: Option<User>, _| {
                let mut user = found.ok_or(ServiceError::UserNotFound)?;
                let parameters = new.parameters.unwrap_or_else(|| user.parameters());
                let mut credential = Credential::new(&secret, parameters);
                if let Some(old) = &user.credential {
                    credential.keep_burned(old);
                }
                let replaced = user.pending.replace(ticket.pending(credential));
                if new.revoke {
                    user.credential = None;
                }
                Ok(Change::Put(user, None, (parameters, replaced)))
            })
            .await?;
        self.tidy_ticket(ports, replaced).await;
        Ok(ticket.open(parameters))
    }

    /// How a user stands.
    pub async fn view_user<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        user_id: &UserId,
    ) -> Result<UserView, ServiceError> {
        let key = self.user_key(account, domain, user_id);
        let Some(user) = self.read::<_, User>(ports, &key).await? else {
            return Err(self.no_user(ports, account, domain).await?);
        };
        Ok(self.user_view(&user, ports.now()))
    }

    /// Deletes a user. The secret is gone with the record.
    pub async fn delete_user<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        user_id: &UserId,
    ) -> Result<(), ServiceError> {
        let key = self.user_key(account, domain, user_id);
        let deleted = self
            .transact(ports, &key, |user: Option<User>, _| {
                Ok(if user.is_some() { Change::Remove(user) } else { Change::Keep(None) })
            })
            .await?;
        let Some(user) = deleted else {
            return Err(self.no_user(ports, account, domain).await?);
        };
        self.tidy_ticket(ports, user.pending).await;
        Ok(())
    }

    pub(super) fn user_key(&self, account: AccountId, domain: DomainId, user: &UserId) -> Key {
        let name = self.keys.name(&[b"user", &account.0, &domain.0, user.0.as_bytes()]);
        Key::new(KeyKind::User, domain.0, name)
    }

    async fn put_new_user<P: Ports>(
        &self,
        ports: &P,
        key: &Key,
        credential: Option<Credential>,
        pending: Option<Pending>,
    ) -> Result<(), ServiceError> {
        self.transact(ports, key, |user: Option<User>, now| {
            if user.is_some() {
                return Err(ServiceError::UserExists);
            }
            let (credential, pending) = (credential.clone(), pending.clone());
            Ok(Change::Put(User { created_at: now, credential, pending }, None, ()))
        })
        .await
    }

    /// A ticket that no user's record knows opens nothing; this only tidies up.
    async fn tidy_ticket<P: Ports>(&self, ports: &P, pending: Option<Pending>) {
        if let Some(pending) = pending {
            self.remove(ports, &ticket_key(&pending.ticket)).await.ok();
        }
    }

    async fn issuer_of<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
    ) -> Result<String, ServiceError> {
        let name = self.view_domain(ports, account, domain).await?.name;
        Ok(name.unwrap_or_else(|| self.policy.issuer.clone()))
    }

    /// Which of the two is missing, asked only once a user was not found.
    pub(super) async fn no_user<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
    ) -> Result<ServiceError, ServiceError> {
        match self.view_domain(ports, account, domain).await {
            Ok(_) => Ok(ServiceError::UserNotFound),
            Err(error) => Err(error),
        }
    }

    fn user_view(&self, user: &User, now: UnixTime) -> UserView {
        let pending = user.pending.as_ref().filter(|pending| now < pending.expires_at);
        let status =
            match user.credential.as_ref().map(|c| c.tally.gate(now, &self.policy.attempts)) {
                None => UserStatus::Pending,
                Some(Gate::Open) => UserStatus::Active,
                Some(Gate::Blocked { until }) => UserStatus::Blocked { until },
                Some(Gate::Disabled) => UserStatus::Disabled,
            };
        UserView {
            status,
            created_at: user.created_at,
            parameters: user.parameters(),
            enrolment_expires_at: pending.map(|pending| pending.expires_at),
            failures: user.credential.as_ref().map_or(0, |c| c.tally.failures),
        }
    }
}

/// What apps show beside the issuer.
fn account_name(given: Option<&str>, user_id: &UserId) -> Result<String, ServiceError> {
    match given {
        Some(name) => issuer(name, "account_name"),
        None => Ok(user_id.0.clone()),
    }
}

fn accepted_or_new<P: Ports>(
    ports: &P,
    given: Option<&Secret>,
    accept_short: bool,
) -> Result<Secret, ServiceError> {
    match given {
        Some(secret) => accepted_secret(secret, accept_short),
        None => Ok(Secret::generate(&mut |bytes: &mut [u8]| ports.fill_random(bytes))?),
    }
}

pub(super) fn accepted_secret(secret: &Secret, accept_short: bool) -> Result<Secret, ServiceError> {
    if secret.is_short() && !accept_short {
        let error = SecretError::TooShort { bits: secret.bits() };
        return Err(ServiceError::invalid("set_secret", error));
    }
    Ok(secret.clone())
}
