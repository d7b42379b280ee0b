//! The way into a session, and a polite way out of it.

use std::{io, time::Duration};

use bytes::BytesMut;
use rusmpp::{CommandId, CommandStatus, Pdu};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::{config::Account, status, wire};
use crate::delivery::{SendError, Unreachable};

/// How long a connection may take, and then the answer to a bind. Together no longer than
/// the next provider waits.
const CONNECTING: Duration = Duration::from_secs(2);
const BINDING: Duration = Duration::from_secs(2);

/// How long is waited for a goodbye.
const UNBINDING: Duration = Duration::from_secs(1);

/// A stream to an SMSC.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A session that has just begun.
pub(super) struct Bound {
    pub(super) stream: Box<dyn Stream>,
    /// What the SMSC has already said in it.
    pub(super) input: BytesMut,
}

/// The number of the bind, which is the first PDU of a session.
const FIRST: u32 = 1;

/// Connects.
///
/// # Errors
/// [`SendError::Transient`] when the SMSC cannot be reached.
pub(super) async fn reach(account: &Account) -> Result<Box<dyn Stream>, SendError> {
    let why = match timeout(CONNECTING, connect(account)).await {
        Ok(Ok(stream)) => return Ok(stream),
        Ok(Err(error)) => Unreachable::of(&error),
        Err(_) => Unreachable::Late,
    };
    Err(SendError::Transient(format!("no connection to the SMSC: {why}")))
}

/// Binds as a transceiver. To be waited for to its end: the SMSC may have bound the session
/// already, and would keep it if nobody unbound it.
///
/// # Errors
/// [`SendError::Denied`] when the SMSC refuses us, [`SendError::Transient`] when it says nothing.
pub(super) async fn bind(
    account: &Account,
    mut stream: Box<dyn Stream>,
) -> Result<Bound, SendError> {
    let failed = |reason: &str| SendError::Transient(reason.to_owned());
    let mut input = BytesMut::new();
    let mut output = BytesMut::new();
    wire::put(&mut output, CommandStatus::EsmeRok, FIRST, account.bind.clone());
    let answer = exchange(&mut stream, &output, &mut input, CommandId::BindTransceiverResp);
    match timeout(BINDING, answer).await {
        Ok(Some(CommandStatus::EsmeRok)) => Ok(Bound { stream, input }),
        Ok(Some(status)) => Err(status::judge_bind(status)),
        Ok(None) => Err(failed("the SMSC closed the connection before it answered the bind")),
        Err(_) => Err(failed("the SMSC did not answer the bind in time")),
    }
}

/// Ends a session, whatever the SMSC says to that.
pub(super) async fn unbind(mut bound: Bound) {
    let mut output = BytesMut::new();
    wire::put(&mut output, CommandStatus::EsmeRok, FIRST + 1, Pdu::Unbind);
    let leaving = async {
        exchange(&mut bound.stream, &output, &mut bound.input, CommandId::UnbindResp).await;
        bound.stream.shutdown().await
    };
    let _ = timeout(UNBINDING, leaving).await;
}

async fn connect(account: &Account) -> io::Result<Box<dyn Stream>> {
    let (host, port) = &account.address;
    let stream = TcpStream::connect((host.as_str(), *port)).await?;
    stream.set_nodelay(true)?;
    Ok(match &account.tls {
        Some((connector, name)) => Box::new(connector.connect(name.clone(), stream).await?),
        None => Box::new(stream),
    })
}

/// Says one thing, and gives the status of the answer to it. `None` when there will be none.
async fn exchange(
    stream: &mut Box<dyn Stream>,
    output: &[u8],
    input: &mut BytesMut,
    answer: CommandId,
) -> Option<CommandStatus> {
    stream.write_all(output).await.ok()?;
    stream.flush().await.ok()?;
    loop {
        while let Some(frame) = wire::take(input).ok()? {
            if frame.id == answer || frame.id == CommandId::GenericNack {
                return Some(frame.status);
            }
        }
        if stream.read_buf(input).await.ok()? == 0 {
            return None;
        }
    }
}
