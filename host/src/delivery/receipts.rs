//! What providers say later of messages that they took.

use tokio::sync::mpsc;

/// How many reports may wait to be noted. A provider that says more waits.
const WAITING: usize = 1_024;

/// A report of a provider: what became of a message that it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryReceipt {
    /// The provider's name in the configuration.
    pub provider: String,
    /// What the provider called the message when it took it.
    pub reference: String,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The recipient's device has it.
    Delivered,
    /// It will not arrive.
    Failed,
}

/// Where providers report. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Receipts(mpsc::Sender<DeliveryReceipt>);

impl Receipts {
    /// A place to report, and where the reports come out.
    pub fn channel() -> (Self, mpsc::Receiver<DeliveryReceipt>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self(sender), receiver)
    }

    /// Takes a report. One that comes again, or late, does no harm. Waits while there is no
    /// room; reports nothing when the service is on its way out.
    pub async fn report(&self, receipt: DeliveryReceipt) {
        let _ = self.0.send(receipt).await; // nobody listens any more: the service has ended
    }
}
