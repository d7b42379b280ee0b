//! What the service does, once for both kinds of application.

use std::collections::HashMap;

use super::{
    domain::{self, DomainChange, DomainSettings, DomainView},
    engine::{AsyncEngine, Engine},
    request::{self, EnrolmentOptions, SendOptions, UserOptions},
    results::{
        self, ChallengeView, Created, EnrolmentView, OpenEnrolment, Outcome, Sent, SimSwapCheck,
        UserView, Way,
    },
    words::{Channel, DeliveryState, Wanted},
};
use crate::{error::KeyfobError, messages, number::word, plain::Typed};

macro_rules! flows {
    ($engine:ident, [$($asynchronous:tt)*], [$($wait:tt)*]) => {
        #[uniffi::export]
        impl $engine {
            /// Creates a domain: a named set of users. Gives its id.
            #[uniffi::method(default(name = None, options = None))]
            pub $($asynchronous)* fn create_domain(
                &self,
                name: Option<String>,
                options: Option<DomainSettings>,
            ) -> Result<String, KeyfobError> {
                let account = self.account;
                let settings = options.unwrap_or_default().settings()?;
                self.run(|id: keyfob::service::DomainId| Ok(id.to_string()), async move |service, ports| {
                    service.create_domain_with(&ports, account, name.as_deref(), settings).await
                })$($wait)*.map_err(domain::of_creation)
            }

            /// Changes a domain, and gives it as it then is.
            pub $($asynchronous)* fn change_domain(
                &self,
                domain: String,
                change: DomainChange,
            ) -> Result<DomainView, KeyfobError> {
                let (account, domain) = (self.account, request::domain_id(&domain)?);
                let change = change.change()?;
                self.run(domain::domain, async move |service, ports| {
                    service.change_domain(&ports, account, domain, &change).await
                })$($wait)*.map_err(domain::of_change)
            }

            /// A domain and what was chosen about it.
            pub $($asynchronous)* fn view_domain(&self, domain: String) -> Result<DomainView, KeyfobError> {
                let (account, domain) = (self.account, request::domain_id(&domain)?);
                self.run(domain::domain, async move |service, ports| {
                    service.view_domain(&ports, account, domain).await
                })$($wait)*
            }

            /// Creates a user who is to enrol, or is enrolled already if the secret is to come
            /// back.
            #[uniffi::method(default(options = None))]
            pub $($asynchronous)* fn create_user(
                &self,
                domain: String,
                user_id: String,
                options: Option<UserOptions>,
            ) -> Result<Created, KeyfobError> {
                let (account, domain) = (self.account, request::domain_id(&domain)?);
                let user = options.unwrap_or_default().user(&user_id)?;
                self.run(results::created, async move |service, ports| {
                    service.create_user(&ports, account, domain, &user).await
                })$($wait)*.map_err(request::of_user)
            }

            /// Opens a new enrolment of a user. The old secret works until the new one is
            /// confirmed, or is revoked at once.
            #[uniffi::method(default(options = None))]
            pub $($asynchronous)* fn open_enrolment(
                &self,
                domain: String,
                user_id: String,
                options: Option<EnrolmentOptions>,
            ) -> Result<OpenEnrolment, KeyfobError> {
                let (account, domain) = (self.account, request::domain_id(&domain)?);
                let new = options.unwrap_or_default().enrolment(&user_id)?;
                self.run(results::opened, async move |service, ports| {
                    service.open_enrolment(&ports, account, domain, &new).await
                })$($wait)*.map_err(request::of_user)
            }

            /// What the user needs to enrol, by the ticket.
            pub $($asynchronous)* fn view_enrolment(&self, ticket: Typed) -> Result<EnrolmentView, KeyfobError> {
                let ticket = request::ticket(&ticket)?;
                self.run(results::enrolment, async move |service, ports| {
                    service.view_enrolment(&ports, &ticket).await
                })$($wait)*
            }

            /// Completes an enrolment with the first code of the user's device.
            pub $($asynchronous)* fn confirm_enrolment(
                &self,
                ticket: Typed,
                code: Typed,
            ) -> Result<Outcome, KeyfobError> {
                let ticket = request::ticket(&ticket)?;
                self.run(results::outcome, async move |service, ports| {
                    service.confirm_enrolment(&ports, &ticket, &code).await
                })$($wait)*
            }

            /// Judges a code of a user's device. Of any number of calls at once with one code,
            /// one is accepted.
            pub $($asynchronous)* fn verify_totp(
                &self,
                domain: String,
                user_id: String,
                code: Typed,
            ) -> Result<Outcome, KeyfobError> {
                let (account, domain) = (self.account, request::domain_id(&domain)?);
                let user = request::user_id(&user_id)?;
                self.run(results::outcome, async move |service, ports| {
                    service.verify_totp(&ports, account, domain, &user, &code).await
                })$($wait)*
            }

            /// How a user stands.
            pub $($asynchronous)* fn view_user(
                &self,
                domain: String,
                user_id: String,
            ) -> Result<UserView, KeyfobError> {
                let (account, domain) = (self.account, request::domain_id(&domain)?);
                let user = request::user_id(&user_id)?;
                self.run(results::user, async move |service, ports| {
                    service.view_user(&ports, account, domain, &user).await
                })$($wait)*
            }

            /// Deletes a user. Limits and blocks go on.
            pub $($asynchronous)* fn delete_user(
                &self,
                domain: String,
                user_id: String,
            ) -> Result<(), KeyfobError> {
                let (account, domain) = (self.account, request::domain_id(&domain)?);
                let user = request::user_id(&user_id)?;
                self.run(Ok, async move |service, ports| {
                    service.delete_user(&ports, account, domain, &user).await
                })$($wait)*
            }

            /// Removes all that is kept of a user, whether or not the user is there.
            pub $($asynchronous)* fn erase_user(
                &self,
                domain: String,
                user_id: String,
            ) -> Result<(), KeyfobError> {
                let (account, domain) = (self.account, request::domain_id(&domain)?);
                let user = request::user_id(&user_id)?;
                self.run(Ok, async move |service, ports| {
                    service.erase_user(&ports, account, domain, &user).await
                })$($wait)*
            }

            /// Removes all that is kept of a phone number or an address.
            pub $($asynchronous)* fn erase_recipient(
                &self,
                domain: String,
                to: String,
            ) -> Result<(), KeyfobError> {
                let (account, domain) = (self.account, request::domain_id(&domain)?);
                let recipient = request::recipient(&to)?;
                self.run(Ok, async move |service, ports| {
                    service.erase_recipient(&ports, account, domain, &recipient).await
                })$($wait)*
            }

            /// Makes a code and sends it to a phone number or an address, by the first of the
            /// channels that can; the others are for when it does not get through.
            #[uniffi::method(default(options = None))]
            pub $($asynchronous)* fn send(
                &self,
                domain: String,
                to: String,
                channels: Vec<Channel>,
                options: Option<SendOptions>,
            ) -> Result<Sent, KeyfobError> {
                let account = self.account;
                let request = options.unwrap_or_default().request(&domain, &to, channels)?;
                self.run(results::sent, async move |service, ports| {
                    service.send(&ports, account, &request).await
                })$($wait)*.map_err(request::of_send)
            }

            /// Sends another code for a challenge, which keeps its tally of wrong ones.
            #[uniffi::method(default(channel = None))]
            pub $($asynchronous)* fn resend(
                &self,
                otp_id: String,
                channel: Option<Channel>,
            ) -> Result<Sent, KeyfobError> {
                let (account, otp_id) = (self.account, request::otp_id(&otp_id)?);
                let channel = channel.map(Into::into);
                self.run(results::sent, async move |service, ports| {
                    service.resend(&ports, account, otp_id, channel).await
                })$($wait)*
            }

            /// Judges the code of a challenge; with its context, if it approves a transaction.
            #[uniffi::method(default(context = None))]
            pub $($asynchronous)* fn verify(
                &self,
                otp_id: String,
                code: Typed,
                context: Option<HashMap<String, String>>,
            ) -> Result<Outcome, KeyfobError> {
                let (account, otp_id) = (self.account, request::otp_id(&otp_id)?);
                let context = messages::context("context", context)?;
                self.run(results::outcome, async move |service, ports| {
                    service.verify(&ports, account, otp_id, &code, context.as_ref()).await
                })$($wait)*
            }

            /// Cancels a challenge: its code is void.
            pub $($asynchronous)* fn cancel(&self, otp_id: String) -> Result<(), KeyfobError> {
                let (account, otp_id) = (self.account, request::otp_id(&otp_id)?);
                self.run(Ok, async move |service, ports| {
                    service.cancel(&ports, account, otp_id).await
                })$($wait)*
            }

            /// How a challenge stands.
            pub $($asynchronous)* fn view_challenge(&self, otp_id: String) -> Result<ChallengeView, KeyfobError> {
                let (account, otp_id) = (self.account, request::otp_id(&otp_id)?);
                self.run(results::challenge, async move |service, ports| {
                    service.view_challenge(&ports, account, otp_id).await
                })$($wait)*
            }

            /// Notes what became of a message. Gives whether that is new.
            pub $($asynchronous)* fn delivery_report(
                &self,
                otp_id: String,
                message: String,
                channel: Channel,
                state: DeliveryState,
            ) -> Result<bool, KeyfobError> {
                let (account, otp_id) = (self.account, request::otp_id(&otp_id)?);
                let message = request::message_id(&message)?;
                self.run(Ok, async move |service, ports| {
                    let (channel, state) = (channel.into(), state.into());
                    service.delivery_report(&ports, account, otp_id, message, channel, state).await
                })$($wait)*
            }

            /// Whether the code in a message can still be accepted: ask before you send one that
            /// waited.
            pub $($asynchronous)* fn wanted(
                &self,
                otp_id: String,
                message: String,
            ) -> Result<Wanted, KeyfobError> {
                let (account, otp_id) = (self.account, request::otp_id(&otp_id)?);
                let message = request::message_id(&message)?;
                self.run(results::wanted, async move |service, ports| {
                    service.wanted(&ports, account, otp_id, message).await
                })$($wait)*
            }

            /// Whether a message that did not get through may take another channel.
            pub $($asynchronous)* fn fall_back(
                &self,
                otp_id: String,
                message: String,
                channel: Channel,
            ) -> Result<Way, KeyfobError> {
                let (account, otp_id) = (self.account, request::otp_id(&otp_id)?);
                let message = request::message_id(&message)?;
                self.run(results::way, async move |service, ports| {
                    service.fall_back(&ports, account, otp_id, message, channel.into()).await
                })$($wait)*
            }

            /// Whether the SIM of a number changed within so many hours (1 to 2400; 240 if
            /// nothing is said).
            #[uniffi::method(default(max_age_hours = None))]
            pub $($asynchronous)* fn check_sim_swap(
                &self,
                phone: String,
                max_age_hours: Option<i32>,
            ) -> Result<SimSwapCheck, KeyfobError> {
                let (account, phone) = (self.account, request::phone(&phone)?);
                let hours = max_age_hours.map(word);
                self.run(results::sim_swap, async move |service, ports| {
                    service.check_sim_swap(&ports, account, &phone, hours).await
                })$($wait)*
            }
        }
    };
}

flows!(Engine, [], []);
flows!(AsyncEngine, [async], [.await]);
