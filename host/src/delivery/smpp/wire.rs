//! PDUs on a stream. Each is cut out by its length before it is read, so that one that
//! cannot be read does not take the next one with it.

use bytes::{Buf as _, BytesMut};
use rusmpp::{
    Command, CommandId, CommandStatus, Pdu,
    decode::DecodeWithLength as _,
    encode::{Length as _, owned::Encode as _},
};

/// What stands before a body: length, command, status, sequence number.
const HEADER: usize = 16;

/// No PDU that concerns us is as long.
const LONGEST: usize = 16 * 1024;

/// A PDU whose header has been read. The rest may hold a code.
pub(super) struct Frame {
    pub(super) id: CommandId,
    pub(super) status: CommandStatus,
    pub(super) sequence: u32,
    whole: BytesMut,
}

impl Frame {
    /// The body as it came.
    pub(super) fn octets(&self) -> &[u8] {
        &self.whole[HEADER - 4..]
    }

    /// Reads the body. `None` if it is not what its header says.
    pub(super) fn body(mut self) -> Option<Pdu> {
        let length = self.whole.len();
        let (command, _) = Command::decode(&mut self.whole, length).ok()?;
        command.pdu().cloned()
    }
}

/// A length that no PDU has: there is no telling where the next one begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Garbage;

/// Takes the next PDU off the input, once it is there as a whole.
pub(super) fn take(input: &mut BytesMut) -> Result<Option<Frame>, Garbage> {
    let Some(length) = input.first_chunk().map(|length| u32::from_be_bytes(*length) as usize)
    else {
        return Ok(None);
    };
    if !(HEADER..=LONGEST).contains(&length) {
        return Err(Garbage);
    }
    if input.len() < length {
        return Ok(None);
    }
    let mut whole = input.split_to(length);
    whole.advance(4);
    let mut header = &whole[..];
    let (id, status, sequence) =
        (header.get_u32().into(), header.get_u32().into(), header.get_u32());
    Ok(Some(Frame { id, status, sequence, whole }))
}

/// Puts a PDU to the end of the output.
pub(super) fn put(
    output: &mut BytesMut,
    status: CommandStatus,
    sequence: u32,
    pdu: impl Into<Pdu>,
) {
    let command = Command::new(status, sequence, pdu);
    let length = 4 + command.length();
    output.reserve(length);
    output.extend_from_slice(&(length as u32).to_be_bytes()); // of some hundred octets
    command.encode(output);
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusmpp::pdus::DeliverSmResp;

    #[test]
    fn what_is_put_is_taken_whole_however_it_arrives() {
        let mut stream = BytesMut::new();
        put(&mut stream, CommandStatus::EsmeRok, 7, DeliverSmResp::default());
        put(&mut stream, CommandStatus::EsmeRthrottled, 8, Pdu::GenericNack);
        let (mut input, mut frames) = (BytesMut::new(), Vec::new());
        for octet in stream {
            input.extend_from_slice(&[octet]);
            frames.extend(take(&mut input).unwrap());
        }
        assert_eq!((frames[0].id, frames[0].sequence), (CommandId::DeliverSmResp, 7));
        assert_eq!((frames[1].status, frames[1].sequence), (CommandStatus::EsmeRthrottled, 8));
        assert!(matches!(frames.remove(0).body(), Some(Pdu::DeliverSmResp(_))));
    }

    #[test]
    fn nothing_on_the_stream_panics() {
        for length in [0_u32, 15, 16 * 1024 + 1, u32::MAX] {
            let mut input = BytesMut::from(&length.to_be_bytes()[..]);
            assert_eq!(take(&mut input).err(), Some(Garbage), "{length}");
        }
        // Bodies of every command that say nothing, too little, or what they like.
        for id in (0..=0x200).chain(0x8000_0000..=0x8000_0200_u32) {
            for fill in [0x00, 0x01, 0x30, 0x7f, 0xff] {
                for length in [16, 17, 20, 33, 50, 300] {
                    let mut pdu = vec![fill; length];
                    pdu[..4].copy_from_slice(&(length as u32).to_be_bytes());
                    pdu[4..8].copy_from_slice(&id.to_be_bytes());
                    let frame = take(&mut BytesMut::from(&pdu[..])).unwrap().unwrap();
                    let _ = frame.body();
                }
            }
        }
    }
}
