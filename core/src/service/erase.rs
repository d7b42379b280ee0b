use super::{
    AccountId, DomainId, OtpId, Ports, Recipient, Service, ServiceError, UserId,
    challenge::envelope_key,
    enrol::ticket_key,
    records::{RecipientRecord, User},
    transact::Change,
};

impl Service {
    /// Erases all that is stored of a recipient: wrong codes, live challenges, the messages
    /// to them, and what an operator said of their SIM. Erasing what is erased changes nothing.
    ///
    /// # Errors
    /// [`ServiceError::DomainNotFound`]. After any other error something may be left;
    /// erase again.
    pub async fn erase_recipient<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        recipient: &Recipient,
    ) -> Result<(), ServiceError> {
        self.view_domain(ports, account, domain).await?;
        if let Recipient::Phone(phone) = recipient {
            self.remove(ports, &self.sim_key(account, phone)).await?;
        }
        let key = self.recipient_key(account, domain, recipient);
        // The record is the only list of the messages: it goes last, so that an erasure
        // cut short can be made again.
        let record = self.read::<_, RecipientRecord>(ports, &key).await?.unwrap_or_default();
        self.remove_messages(ports, account, otp_ids(&record)).await?;
        let removed = self
            .transact(ports, &key, |record: Option<RecipientRecord>, _| {
                Ok(Change::Remove(record.unwrap_or_default()))
            })
            .await?;
        self.remove_messages(ports, account, otp_ids(&removed)).await // of codes sent meanwhile
    }

    /// Erases all that is stored of a user: the secret, what is being enrolled, and the link to
    /// it. Erasing what is erased changes nothing.
    ///
    /// # Errors
    /// [`ServiceError::DomainNotFound`]. After any other error something may be left;
    /// erase again.
    pub async fn erase_user<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        user_id: &UserId,
    ) -> Result<(), ServiceError> {
        self.view_domain(ports, account, domain).await?;
        let key = self.user_key(account, domain, user_id);
        // Nothing but the record knows the ticket: it goes last, as above.
        let user = self.read::<_, User>(ports, &key).await?;
        self.remove_ticket(ports, user).await?;
        let removed =
            self.transact(ports, &key, |user: Option<User>, _| Ok(Change::Remove(user))).await?;
        self.remove_ticket(ports, removed).await // of an enrolment opened meanwhile
    }

    async fn remove_ticket<P: Ports>(
        &self,
        ports: &P,
        user: Option<User>,
    ) -> Result<(), ServiceError> {
        match user.and_then(|user| user.pending) {
            Some(pending) => self.remove(ports, &ticket_key(&pending.ticket)).await,
            None => Ok(()),
        }
    }

    async fn remove_messages<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_ids: impl Iterator<Item = OtpId>,
    ) -> Result<(), ServiceError> {
        for otp_id in otp_ids {
            self.remove(ports, &envelope_key(account, otp_id)).await?;
        }
        Ok(())
    }
}

fn otp_ids(record: &RecipientRecord) -> impl Iterator<Item = OtpId> + '_ {
    let own = record.challenges.iter().map(|challenge| challenge.id);
    own.chain(record.mentions.iter().map(|(otp_id, _)| *otp_id))
}
