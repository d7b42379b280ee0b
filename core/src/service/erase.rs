use super::{
    AccountId, DomainId, Ports, Recipient, Service, ServiceError, challenge::envelope_key,
    records::RecipientRecord, transact::Change,
};

impl Service {
    /// Erases all that is stored of a recipient: wrong codes, live challenges, and
    /// the messages to them.
    pub async fn erase_recipient<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        recipient: &Recipient,
    ) -> Result<(), ServiceError> {
        let key = self.recipient_key(account, domain, recipient);
        let removed = self
            .transact(ports, &key, |record: Option<RecipientRecord>, _| {
                Ok(Change::Remove(record.unwrap_or_default().challenges))
            })
            .await?;
        for challenge in removed {
            self.remove(ports, &envelope_key(account, challenge.id)).await?;
        }
        Ok(())
    }
}
