//! What is tried, drawn at random, and how it is asked of the service.

use super::*;

#[derive(Debug, Clone)]
pub(super) enum Operation {
    CreateEnrolled { user: usize, secret: Secret },
    CreatePending { user: usize, secret: Secret },
    Open { user: usize, secret: Secret, revoke: bool },
    Delete { user: usize },
    Totp { user: usize, code: String },
    Confirm { user: usize, ticket: Ticket, issued_by: FlowId, code: String },
    Send { recipient: usize, context: Option<u8>, channels: Vec<Channel> },
    Verify { recipient: usize, id: OtpId, code: String, context: Option<u8> },
    Resend { recipient: usize, id: OtpId, channel: Channel },
    Cancel { recipient: usize, id: OtpId },
}

pub(super) enum Reply {
    Outcome(Outcome),
    Created(Created),
    Done,
}

impl World {
    pub(super) fn operation(&mut self) -> Operation {
        let user = self.random.below(USERS as u64) as usize;
        let recipient = self.random.below(RECIPIENTS.len() as u64) as usize;
        if self.settings.naive {
            return Operation::Totp { user, code: self.device_code(user) };
        }
        match self.random.below(40) {
            0..16 => Operation::Totp { user, code: self.device_code(user) },
            16..18 => self.creation(user),
            18 => Operation::Delete { user },
            19..21 => self.opening(user),
            21..24 => self.confirmation().unwrap_or_else(|| self.creation(user)),
            24..29 => self.sending(recipient),
            29..37 => self.verification().unwrap_or_else(|| self.sending(recipient)),
            37..39 => match self.random.pick(&self.seen) {
                Some(seen) => {
                    let (recipient, id) = (seen.recipient, seen.id);
                    let channel =
                        if self.random.once_in(3) { Channel::Voice } else { Channel::Sms };
                    Operation::Resend { recipient, id, channel }
                }
                None => self.sending(recipient),
            },
            _ => match self.random.pick(&self.seen) {
                Some(seen) => Operation::Cancel { recipient: seen.recipient, id: seen.id },
                None => self.sending(recipient),
            },
        }
    }

    pub(super) fn creation(&mut self, user: usize) -> Operation {
        let secret = self.secret();
        self.secrets[user].push(secret.clone());
        if self.random.once_in(3) {
            return Operation::CreatePending { user, secret };
        }
        Operation::CreateEnrolled { user, secret }
    }

    pub(super) fn opening(&mut self, user: usize) -> Operation {
        let mut secret = self.secret();
        match self.current_secret(user) {
            Some(same) if self.random.once_in(3) => secret = same,
            _ => self.secrets[user].push(secret.clone()),
        }
        Operation::Open { user, secret, revoke: self.random.once_in(4) }
    }

    pub(super) fn confirmation(&mut self) -> Option<Operation> {
        let recent = self.tickets.len().saturating_sub(2);
        let (ticket, user, issued_by) = self.random.pick(&self.tickets[recent..])?.clone();
        let code = match self.secrets[user].last().cloned() {
            Some(secret) if self.random.once_in(2) => code_of(&secret, self.now / 30),
            _ => self.device_code(user),
        };
        Some(Operation::Confirm { user, ticket, issued_by, code })
    }

    pub(super) fn sending(&mut self, recipient: usize) -> Operation {
        let context = self.random.once_in(3).then_some(0);
        let both = vec![Channel::Voice, Channel::Sms];
        let channels = if self.random.once_in(3) { both } else { vec![Channel::Sms] };
        Operation::Send { recipient, context, channels }
    }

    pub(super) fn verification(&mut self) -> Option<Operation> {
        let recent = self.seen.len().saturating_sub(4);
        let seen = self.random.pick(&self.seen[recent..])?;
        let (recipient, id, mut code, mut context) =
            (seen.recipient, seen.id, seen.code.clone(), seen.context);
        if self.random.once_in(2) {
            code = format!("WRONG{:03}", self.random.below(1_000));
        }
        if self.random.once_in(12) {
            context = Some(1);
        }
        Some(Operation::Verify { recipient, id, code, context })
    }

    /// Of a secret the user has or had, of a step near now; or a wrong one.
    pub(super) fn device_code(&mut self, user: usize) -> String {
        let any = self.random.pick(&self.secrets[user]).cloned();
        let secret = if self.random.once_in(5) { any } else { self.current_secret(user).or(any) };
        match secret {
            Some(secret) if !self.random.once_in(2) => {
                let step = (self.now / 30 + self.random.below(5)).saturating_sub(2);
                code_of(&secret, step)
            }
            _ => format!("{:06}", self.random.below(1_000_000)),
        }
    }

    pub(super) fn current_secret(&self, user: usize) -> Option<Secret> {
        let user = self.model.users[user].as_ref()?;
        user.credential.as_ref().map(|credential| credential.secret.clone())
    }

    pub(super) fn secret(&mut self) -> Secret {
        let mut bytes = [0; 20];
        self.random.fill(&mut bytes);
        Secret::from_bytes(bytes).expect("20 bytes are a secret")
    }
}

pub(super) async fn perform(
    service: &Service,
    ports: &keyfob::service::FlowPorts,
    domain: DomainId,
    operation: Operation,
) -> Result<Reply, ServiceError> {
    let new_user = |user, secret| NewUser { secret: Some(secret), ..NewUser::new(user_id(user)) };
    Ok(match operation {
        Operation::CreateEnrolled { user, secret } => {
            let user = NewUser { return_secret: true, ..new_user(user, secret) };
            Reply::Created(service.create_user(ports, ACCOUNT, domain, &user).await?)
        }
        Operation::CreatePending { user, secret } => {
            let user = new_user(user, secret);
            Reply::Created(service.create_user(ports, ACCOUNT, domain, &user).await?)
        }
        Operation::Open { user, secret, revoke } => {
            let secret = Some(secret);
            let new = NewEnrolment { secret, revoke, ..NewEnrolment::new(user_id(user)) };
            let open = service.open_enrolment(ports, ACCOUNT, domain, &new).await?;
            Reply::Created(Created::Pending(open))
        }
        Operation::Delete { user } => {
            service.delete_user(ports, ACCOUNT, domain, &user_id(user)).await?;
            Reply::Done
        }
        Operation::Totp { user, code } => {
            let user = user_id(user);
            Reply::Outcome(service.verify_totp(ports, ACCOUNT, domain, &user, &code).await?)
        }
        Operation::Confirm { ticket, code, .. } => {
            Reply::Outcome(service.confirm_enrolment(ports, &ticket, &code).await?)
        }
        Operation::Send { recipient, context: number, channels } => {
            let template = match number {
                None => "<{{code}}>",
                Some(_) => "<{{code}}> {{amount}} {{payee}}",
            };
            let to = Recipient::parse(Channel::Sms, RECIPIENTS[recipient]).expect("a number");
            let request = SendRequest {
                template: Some(Template::parse(template).expect("a template")),
                policy: CodePolicy::new(8, Alphabet::Alphanumeric).expect("a policy"),
                context: number.map(context),
                ..SendRequest::new(domain, channels, to)
            };
            service.send(ports, ACCOUNT, &request).await?;
            Reply::Done
        }
        Operation::Verify { id, code, context: number, .. } => {
            let context = number.map(context);
            Reply::Outcome(service.verify(ports, ACCOUNT, id, &code, context.as_ref()).await?)
        }
        Operation::Resend { id, channel, .. } => {
            service.resend(ports, ACCOUNT, id, Some(channel)).await?;
            Reply::Done
        }
        Operation::Cancel { id, .. } => {
            service.cancel(ports, ACCOUNT, id).await?;
            Reply::Done
        }
    })
}

pub(super) fn user_id(user: usize) -> UserId {
    UserId::parse(&format!("user-{user}")).expect("a user id")
}

pub(super) fn context(number: u8) -> TransactionContext {
    let amount = format!("EUR {number}.00");
    TransactionContext::new([("amount", amount.as_str()), ("payee", "Noir")]).expect("a context")
}
