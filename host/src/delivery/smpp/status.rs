//! What an SMSC's status says of a message and of us (SMPP 3.4 §5.1.3).

use rusmpp::CommandStatus as Status;

use crate::delivery::SendError;

/// Why a message was not taken. A status that is the SMSC's own says no more than that the
/// message was not taken now: were it taken for a fault, a stranger who sends to bad
/// numbers could switch the provider off.
pub(super) fn judge(status: Status) -> SendError {
    let said = format!("the SMSC answered {}", name(status));
    match status {
        Status::EsmeRsyserr
        | Status::EsmeRsubmitfail
        | Status::EsmeRinvbndsts
        | Status::EsmeRalybnd
        | Status::EsmeRxTAppn
        | Status::EsmeRunknownerr => SendError::Transient(said),
        Status::EsmeRinvsrcadr
        | Status::EsmeRinvsrcton
        | Status::EsmeRinvsrcnpi
        | Status::EsmeRinvsertyp
        | Status::EsmeRinvesmclass
        | Status::EsmeRinvexpiry
        | Status::EsmeRinvregdlvflg
        | Status::EsmeRinvpaswd
        | Status::EsmeRinvsysid
        | Status::EsmeRinvsystyp
        | Status::EsmeRprohibited
        | Status::EsmeRinvcmdid => SendError::Denied(said),
        Status::EsmeRinvdstadr
        | Status::EsmeRinvdstton
        | Status::EsmeRinvdstnpi
        | Status::EsmeRinvmsglen
        | Status::EsmeRinvcmdlen
        | Status::EsmeRinvdcs
        | Status::EsmeRxPAppn
        | Status::EsmeRxRAppn => SendError::Refused(said),
        _ => SendError::Later(said), // throttled, a full queue, and what is not in the standard
    }
}

/// Why there is no session.
pub(super) fn judge_bind(status: Status) -> SendError {
    let said = format!("the SMSC refused the bind with {}", name(status));
    match status {
        Status::EsmeRsyserr
        | Status::EsmeRalybnd
        | Status::EsmeRthrottled
        | Status::EsmeRmsgqful
        | Status::EsmeRxTAppn
        | Status::EsmeRunknownerr => SendError::Transient(said),
        _ => SendError::Denied(said),
    }
}

/// As operators and SMSCs call it.
fn name(status: Status) -> String {
    let name = match status {
        Status::EsmeRinvmsglen => "ESME_RINVMSGLEN",
        Status::EsmeRalybnd => "ESME_RALYBND: the account has as many sessions as it may",
        Status::EsmeRsyserr => "ESME_RSYSERR",
        Status::EsmeRinvsrcadr => "ESME_RINVSRCADR: `from` is not ours there",
        Status::EsmeRinvdstadr => "ESME_RINVDSTADR",
        Status::EsmeRbindfail => "ESME_RBINDFAIL",
        Status::EsmeRinvpaswd => "ESME_RINVPASWD: the password is wrong",
        Status::EsmeRinvsysid => "ESME_RINVSYSID: there is no such `system_id`",
        Status::EsmeRmsgqful => "ESME_RMSGQFUL",
        Status::EsmeRsubmitfail => "ESME_RSUBMITFAIL",
        Status::EsmeRinvsystyp => "ESME_RINVSYSTYP: `system_type` is wrong",
        Status::EsmeRthrottled => "ESME_RTHROTTLED",
        Status::EsmeRinvexpiry => "ESME_RINVEXPIRY",
        _ => "",
    };
    let number = u32::from(status);
    if name.is_empty() { format!("{number:#04x}") } else { format!("{number:#04x} ({name})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_cannot_receive_is_told_from_an_smsc_that_cannot_send() {
        assert!(matches!(judge(Status::EsmeRinvdstadr), SendError::Refused(_)));
        assert!(matches!(judge(Status::EsmeRthrottled), SendError::Later(_)));
        assert!(matches!(judge(Status::EsmeRmsgqful), SendError::Later(_)));
        assert!(matches!(judge(Status::EsmeRsyserr), SendError::Transient(_)));
        assert!(matches!(judge(Status::EsmeRinvsrcadr), SendError::Denied(_)));
        assert!(!judge(Status::Other(0x0411)).is_fault(), "one of the SMSC's own");
        assert!(matches!(judge_bind(Status::EsmeRinvpaswd), SendError::Denied(_)));
        assert!(matches!(judge_bind(Status::EsmeRalybnd), SendError::Transient(_)));
        assert!(judge_bind(Status::EsmeRinvpaswd).to_string().contains("0x0e (ESME_RINVPASWD"));
    }
}
