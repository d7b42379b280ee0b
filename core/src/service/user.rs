use alloc::string::{String, ToString};

use zeroize::Zeroizing;

use super::{
    AccountId, DomainId, Key, KeyKind, Outcome, Ports, Service, ServiceError,
    domain::issuer,
    enrol::{Ticket, enrolment_uri, ticket_key},
    limits::Gate,
    records::{Credential, Pending, User},
    transact::Change,
};
use crate::{
    Algorithm, Digits, EntropyUnavailable, ParameterError, Period, Secret, SecretError, Totp,
    TotpOutcome, TotpState, UnixTime,
};

/// The id an application knows its user by: 1 to 256 bytes without control
/// characters and without spaces at either end. Taken exactly as given.
#[derive(Clone, PartialEq, Eq)]
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
    /// The hash of the codes.
    pub algorithm: Algorithm,
    /// The length of the codes.
    pub digits: Digits,
    /// The life of a code.
    pub period: Period,
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
            algorithm: Algorithm::Sha1,
            digits: Digits::SIX,
            period: Period::THIRTY,
            account_name: None,
            return_secret: false,
        }
    }
}

impl core::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let parameters = (self.algorithm, self.digits, self.period);
        f.debug_struct("NewUser")
            .field("parameters", &parameters)
            .field("return_secret", &self.return_secret)
            .finish_non_exhaustive()
    }
}

/// What became of a new user or a new enrolment.
#[derive(Clone)]
pub enum Created {
    /// Enrolled; here is the secret to give to the user.
    Enrolled {
        /// The secret.
        secret: Secret,
        /// The `otpauth://` URI that holds it, for an authenticator app.
        uri: Zeroizing<String>,
    },
    /// The user enrols with this ticket.
    Pending {
        /// What opens the enrolment, once.
        ticket: Ticket,
        /// The second from which it no longer does.
        expires_at: UnixTime,
    },
}

impl core::fmt::Debug for Created {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Enrolled { .. } => f.write_str("Enrolled(redacted)"),
            Self::Pending { expires_at, .. } => {
                f.debug_struct("Pending").field("expires_at", expires_at).finish_non_exhaustive()
            }
        }
    }
}

/// A user as the application may see it. No secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserView {
    /// How the user stands.
    pub status: UserStatus,
    /// When the user was created.
    pub created_at: UnixTime,
    /// The hash, length and life of the codes.
    pub parameters: (Algorithm, Digits, Period),
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
        let secret = match &user.secret {
            Some(secret) => accepted_secret(secret, user.accept_short_secret)?,
            None => generate(ports)?,
        };
        let issuer_name = self.issuer_of(ports, account, domain).await?;
        let credential = Credential::new(&secret, user.algorithm, user.digits, user.period);
        let key = self.user_key(account, domain, &user.user_id);
        let account_name = account_name(user)?;
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
        Ok(ticket.created())
    }

    /// The record of a user who is enrolled with `user.secret` already, sealed for
    /// its key: what an importer writes in bulk, by the same rules as
    /// [`create_user`](Self::create_user). The store must not overwrite a user.
    pub fn seal_imported_user<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        user: &NewUser,
    ) -> Result<(Key, super::Record), ServiceError> {
        let Some(secret) = &user.secret else {
            return Err(ServiceError::invalid("secret", SecretError::Empty));
        };
        let secret = accepted_secret(secret, user.accept_short_secret)?;
        let credential = Credential::new(&secret, user.algorithm, user.digits, user.period);
        let key = self.user_key(account, domain, &user.user_id);
        let record = User { created_at: ports.now(), credential: Some(credential), pending: None };
        let record = self.seal(ports, &key, None, &record, None)?;
        Ok((key, record))
    }

    /// Opens a new enrolment for a user whose device is lost or replaced. The old
    /// secret works until the new one is confirmed, or ends at once with `revoke`.
    /// An enrolment that was open before is void.
    pub async fn open_enrolment<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        user: &NewUser,
        revoke: bool,
    ) -> Result<Created, ServiceError> {
        let secret = match &user.secret {
            Some(secret) => accepted_secret(secret, user.accept_short_secret)?,
            None => generate(ports)?,
        };
        let shown = (self.issuer_of(ports, account, domain).await?, account_name(user)?);
        let key = self.user_key(account, domain, &user.user_id);
        if self.read::<_, User>(ports, &key).await?.is_none() {
            return Err(ServiceError::UserNotFound);
        }
        let ticket = self.issue_ticket(ports, account, domain, &user.user_id, shown).await?;
        let replaced = self
            .transact(ports, &key, |found: Option<User>, _| {
                let mut record = found.ok_or(ServiceError::UserNotFound)?;
                let mut new = Credential::new(&secret, user.algorithm, user.digits, user.period);
                if let Some(old) = &record.credential {
                    new.keep_burned(old);
                }
                let replaced = record.pending.replace(ticket.pending(new));
                if revoke {
                    record.credential = None;
                }
                Ok(Change::Put(record, None, replaced))
            })
            .await?;
        self.tidy_ticket(ports, replaced).await;
        Ok(ticket.created())
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

    /// Verifies a code that a user's device made (RFC 6238).
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for a code that is not `digits` ASCII digits: it is
    /// no guess and counts as none. [`ServiceError::UserNotFound`],
    /// [`ServiceError::DomainNotFound`].
    pub async fn verify_totp<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        user_id: &UserId,
        code: &str,
    ) -> Result<Outcome, ServiceError> {
        let key = self.user_key(account, domain, user_id);
        let outcome = self
            .transact(ports, &key, |user: Option<User>, now| {
                let Some(mut user) = user else { return Ok(Change::Keep(None)) };
                let Some(credential) = &mut user.credential else {
                    return Ok(Change::Keep(Some(Outcome::NotEnrolled)));
                };
                let outcome = self.judge(credential, code, now)?;
                if !outcome.is_recorded() {
                    return Ok(Change::Keep(Some(outcome)));
                }
                Ok(Change::Put(user, None, Some(outcome)))
            })
            .await?;
        match outcome {
            Some(outcome) => Ok(outcome),
            None => Err(self.no_user(ports, account, domain).await?),
        }
    }

    /// The one place where a device's code is judged, whatever route it came by.
    /// The credential is changed as the outcome demands; the caller records it.
    pub(super) fn judge(
        &self,
        credential: &mut Credential,
        code: &str,
        now: UnixTime,
    ) -> Result<Outcome, ServiceError> {
        let attempts = &self.policy.attempts;
        match credential.tally.gate(now, attempts) {
            Gate::Open => {}
            Gate::Blocked { until } => return Ok(Outcome::Blocked { until }),
            Gate::Disabled => return Ok(Outcome::Disabled),
        }
        let secret = credential.secret().map_err(|_| ServiceError::Corrupt)?;
        let totp = Totp::new(&secret, credential.algorithm, credential.digits, credential.period)
            .with_window(self.policy.window);
        let state = self.raised_to_floor(credential.state, credential.period);
        match totp.verify(code, now, &state) {
            TotpOutcome::Accepted { state, .. } => {
                credential.state = state;
                credential.tally.clear();
                Ok(Outcome::Accepted)
            }
            TotpOutcome::Replayed { .. } => Ok(Outcome::Replayed),
            TotpOutcome::Mismatch if credential.accepted_last(&totp, code) => Ok(Outcome::Replayed),
            TotpOutcome::Mismatch => {
                credential.tally.fail(now, attempts);
                let attempts_left = credential.tally.attempts_left(now, attempts);
                Ok(Outcome::Mismatch { attempts_left })
            }
            TotpOutcome::Malformed => Err(ServiceError::invalid("code", ParameterError::Code)),
        }
    }

    /// After a restore the stored state is older than the codes that were used, so
    /// every step that could have been accepted before the restore counts as used.
    fn raised_to_floor(&self, state: TotpState, period: Period) -> TotpState {
        if self.policy.replay_floor == 0 {
            return state;
        }
        let floor =
            self.policy.replay_floor / period.seconds() + u64::from(self.policy.window.after());
        TotpState {
            last_step: Some(state.last_step.map_or(floor, |step| step.max(floor))),
            ..state
        }
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
    async fn no_user<P: Ports>(
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
        let shown = user.credential.as_ref().or(user.pending.as_ref().map(|p| &p.credential));
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
            parameters: shown.map_or_else(Default::default, |c| (c.algorithm, c.digits, c.period)),
            enrolment_expires_at: pending.map(|pending| pending.expires_at),
            failures: user.credential.as_ref().map_or(0, |c| c.tally.failures),
        }
    }
}

/// What apps show beside the issuer.
fn account_name(user: &NewUser) -> Result<String, ServiceError> {
    match &user.account_name {
        Some(name) => issuer(name, "account_name"),
        None => Ok(user.user_id.0.clone()),
    }
}

fn accepted_secret(secret: &Secret, accept_short: bool) -> Result<Secret, ServiceError> {
    if secret.is_short() && !accept_short {
        let error = SecretError::TooShort { bits: secret.bits() };
        return Err(ServiceError::invalid("set_secret", error));
    }
    Ok(secret.clone())
}

fn generate<P: Ports>(ports: &P) -> Result<Secret, ServiceError> {
    let mut entropy = |bytes: &mut [u8]| ports.fill_random(bytes).map_err(|_| EntropyUnavailable);
    Secret::generate(&mut entropy).map_err(|_| ServiceError::Port(super::PortError::Entropy))
}
