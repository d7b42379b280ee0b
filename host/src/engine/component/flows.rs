//! The flows, with the arguments and answers that they have in core.

use keyfob::service::{
    AccountId, Begun, ChallengeView, Channel, Claim, Created, DeliveryState, DomainChange,
    DomainId, DomainSettings, DomainView, EnrolmentView, IdempotencyKey, MessageId, NewEnrolment,
    NewUser, OpenEnrolment, OtpId, Outcome, Phone, Ports, Recipient, SendRequest, Sent,
    ServiceError, SimSwapCheck, Ticket, TransactionContext, UserId, UserView, Wanted, Way,
};

use super::{
    Component,
    answers::{self, Read, known},
    requests,
};

/// Calls a flow of an instance by its name, with arguments that the call owns.
macro_rules! run {
    ($self:ident, $ports:ident, $call:ident($($argument:expr),*)) => {
        run!(run, $self, $ports, $call($($argument),*))
    };
    ($run:ident, $self:ident, $ports:ident, $call:ident($($argument:expr),*)) => {
        $self.$run($ports, |mut running| async move {
            let (service, store) = (running.service, &mut running.store);
            let flows = running.instance.keyfob_otp_flows().service();
            flows.$call(store, service, $($argument),*).await
        }).await?
    };
}

impl Component {
    pub(in crate::engine) async fn create_domain_with<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        name: Option<&str>,
        settings: DomainSettings,
    ) -> Read<DomainId> {
        let (account, settings) = (&account.to_string(), requests::domain_settings(&settings));
        let id: String = run!(self, ports, call_create_domain(account, name, settings));
        known(DomainId::parse(&id).ok())
    }

    pub(in crate::engine) async fn view_domain<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
    ) -> Read<DomainView> {
        let (account, domain) = (&account.to_string(), &domain.to_string());
        known(answers::domain_view(run!(self, ports, call_view_domain(account, domain))))
    }

    pub(in crate::engine) async fn change_domain<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        change: &DomainChange,
    ) -> Read<DomainView> {
        let (account, domain) = (&account.to_string(), &domain.to_string());
        let change = &requests::domain_change(change);
        known(answers::domain_view(run!(self, ports, call_change_domain(account, domain, change))))
    }

    pub(in crate::engine) async fn create_user<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        user: &NewUser,
    ) -> Read<Created> {
        let (account, domain) = (&account.to_string(), &domain.to_string());
        let user = &requests::new_user(user);
        known(answers::created(run!(self, ports, call_create_user(account, domain, user))))
    }

    pub(in crate::engine) async fn open_enrolment<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        new: &NewEnrolment,
    ) -> Read<OpenEnrolment> {
        let (account, domain) = (&account.to_string(), &domain.to_string());
        let new = &requests::new_enrolment(new);
        known(answers::open_enrolment(run!(self, ports, call_open_enrolment(account, domain, new))))
    }

    pub(in crate::engine) async fn view_enrolment<P: Ports>(
        &self,
        ports: &P,
        ticket: &Ticket,
    ) -> Read<EnrolmentView> {
        known(answers::enrolment_view(run!(self, ports, call_view_enrolment(ticket.expose()))))
    }

    pub(in crate::engine) async fn confirm_enrolment<P: Ports>(
        &self,
        ports: &P,
        ticket: &Ticket,
        code: &str,
    ) -> Read<Outcome> {
        let outcome = run!(self, ports, call_confirm_enrolment(ticket.expose(), code));
        known(answers::outcome(outcome))
    }

    pub(in crate::engine) async fn verify_totp<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        user: &UserId,
        code: &str,
    ) -> Read<Outcome> {
        let (account, domain) = (&account.to_string(), &domain.to_string());
        let outcome = run!(self, ports, call_verify_totp(account, domain, user.as_str(), code));
        known(answers::outcome(outcome))
    }

    pub(in crate::engine) async fn view_user<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        user: &UserId,
    ) -> Read<UserView> {
        let (account, domain) = (&account.to_string(), &domain.to_string());
        known(answers::user_view(run!(self, ports, call_view_user(account, domain, user.as_str()))))
    }

    pub(in crate::engine) async fn delete_user<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        user: &UserId,
    ) -> Read<()> {
        let (account, domain) = (&account.to_string(), &domain.to_string());
        run!(self, ports, call_delete_user(account, domain, user.as_str()));
        Ok(())
    }

    pub(in crate::engine) async fn erase_user<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        user: &UserId,
    ) -> Read<()> {
        let (account, domain) = (&account.to_string(), &domain.to_string());
        run!(self, ports, call_erase_user(account, domain, user.as_str()));
        Ok(())
    }

    pub(in crate::engine) async fn send<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        request: &SendRequest,
    ) -> Read<Sent> {
        let (account, request) = (&account.to_string(), &requests::send_request(request));
        known(answers::sent(&run!(run_asking, self, ports, call_send(account, request))))
    }

    pub(in crate::engine) async fn resend<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
        channel: Option<Channel>,
    ) -> Read<Sent> {
        let (account, otp_id) = (&account.to_string(), &otp_id.to_string());
        let channel = channel.map(requests::channel);
        known(answers::sent(&run!(run_asking, self, ports, call_resend(account, otp_id, channel))))
    }

    pub(in crate::engine) async fn verify<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
        code: &str,
        context: Option<&TransactionContext>,
    ) -> Read<Outcome> {
        let (account, otp_id) = (&account.to_string(), &otp_id.to_string());
        let context = context.map(requests::context);
        let context = context.as_deref();
        let outcome = run!(self, ports, call_verify(account, otp_id, code, context));
        known(answers::outcome(outcome))
    }

    pub(in crate::engine) async fn cancel<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
    ) -> Read<()> {
        let (account, otp_id) = (&account.to_string(), &otp_id.to_string());
        run!(self, ports, call_cancel(account, otp_id));
        Ok(())
    }

    pub(in crate::engine) async fn view_challenge<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
    ) -> Read<ChallengeView> {
        let (account, otp_id) = (&account.to_string(), &otp_id.to_string());
        Ok(answers::challenge_view(run!(self, ports, call_view_challenge(account, otp_id))))
    }

    pub(in crate::engine) async fn delivery_report<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
        message: MessageId,
        channel: Channel,
        state: DeliveryState,
    ) -> Read<bool> {
        let (account, otp_id) = (&account.to_string(), &otp_id.to_string());
        let (message, channel) = (&message.0, requests::channel(channel));
        let state = requests::delivery_state(state).ok_or(ServiceError::Misuse)?;
        Ok(run!(self, ports, call_delivery_report(account, otp_id, message, channel, state)))
    }

    pub(in crate::engine) async fn wanted<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
        message: MessageId,
    ) -> Read<Wanted> {
        let (account, otp_id) = (&account.to_string(), &otp_id.to_string());
        let message = &message.0;
        Ok(answers::wanted(run!(self, ports, call_wanted(account, otp_id, message))))
    }

    pub(in crate::engine) async fn fall_back<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
        message: MessageId,
        channel: Channel,
    ) -> Read<Way> {
        let (account, otp_id) = (&account.to_string(), &otp_id.to_string());
        let (message, channel) = (&message.0, requests::channel(channel));
        answers::way(run!(self, ports, call_fall_back(account, otp_id, message, channel)))
    }

    pub(in crate::engine) async fn check_sim_swap<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        phone: &Phone,
        max_age_hours: Option<u16>,
    ) -> Read<SimSwapCheck> {
        let (account, phone) = (&account.to_string(), phone.as_str());
        Ok(answers::check(run!(
            run_asking,
            self,
            ports,
            call_check_sim_swap(account, phone, max_age_hours)
        )))
    }

    pub(in crate::engine) async fn erase_recipient<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        recipient: &Recipient,
    ) -> Read<()> {
        let (account, domain) = (&account.to_string(), &domain.to_string());
        run!(self, ports, call_erase_recipient(account, domain, recipient.as_str()));
        Ok(())
    }

    pub(in crate::engine) async fn begin_idempotent<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        route: &str,
        key: &IdempotencyKey,
        body: &[u8],
    ) -> Read<Begun> {
        let (account, key) = (&account.to_string(), key.as_str());
        known(answers::begun(run!(self, ports, call_begin_idempotent(account, route, key, body))))
    }

    pub(in crate::engine) async fn finish_idempotent<P: Ports>(
        &self,
        ports: &P,
        claim: Claim,
        answer: &[u8],
    ) -> Read<()> {
        let claim = &claim.to_bytes().to_vec();
        run!(self, ports, call_finish_idempotent(claim, answer));
        Ok(())
    }

    pub(in crate::engine) async fn release_idempotent<P: Ports>(
        &self,
        ports: &P,
        claim: Claim,
    ) -> Read<()> {
        let claim = &claim.to_bytes().to_vec();
        run!(self, ports, call_release_idempotent(claim));
        Ok(())
    }
}
