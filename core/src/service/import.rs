use super::{
    AccountId, DomainId, Key, NewUser, Ports, Record, Service, ServiceError,
    records::{Credential, User},
    user::accepted_secret,
};
use crate::SecretError;

impl Service {
    /// The record of a user who is enrolled with `user.secret` already, sealed for
    /// its key: what an importer writes in bulk, by the same rules as
    /// [`create_user`](Self::create_user). The store must not overwrite a user.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for a secret that is missing or too short, and
    /// [`ServiceError::Port`] if entropy fails.
    pub fn seal_imported_user<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        user: &NewUser,
    ) -> Result<(Key, Record), ServiceError> {
        let Some(secret) = &user.secret else {
            return Err(ServiceError::invalid("set_secret", SecretError::Empty));
        };
        let secret = accepted_secret(secret, user.accept_short_secret)?;
        let credential = Credential::new(&secret, user.parameters);
        let key = self.user_key(account, domain, &user.user_id);
        let record = User { created_at: ports.now(), credential: Some(credential), pending: None };
        let record = self.seal(ports, &key, None, &record, None)?;
        Ok((key, record))
    }

    /// Whether the user at the place of `user` is the very one that
    /// [`seal_imported_user`](Self::seal_imported_user) would make: enrolled, with the
    /// same secret, hash, length and life of codes. So an import that was cut short
    /// can be run again. Secrets are compared in constant time.
    ///
    /// # Errors
    /// [`ServiceError::UserNotFound`], [`ServiceError::Corrupt`].
    pub async fn is_imported_user<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        user: &NewUser,
    ) -> Result<bool, ServiceError> {
        let key = self.user_key(account, domain, &user.user_id);
        let found: Option<User> = self.read(ports, &key).await?;
        let found = found.ok_or(ServiceError::UserNotFound)?;
        let Some(credential) = found.credential else { return Ok(false) };
        let secret = credential.secret().map_err(|_| ServiceError::Corrupt)?;
        Ok(credential.parameters == user.parameters && user.secret.as_ref() == Some(&secret))
    }
}
