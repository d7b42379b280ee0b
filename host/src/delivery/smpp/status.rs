//! What an SMSC's status says of a message and of us (SMPP 3.4 §5.1.3).

use rusmpp::CommandStatus::{self, *};

use crate::delivery::SendError;

/// Why a message was not taken. A status that is the SMSC's own says no more than that the
/// message was not taken now: were it taken for a fault, a stranger who sends to bad
/// numbers could switch the provider off.
pub(super) fn judge(status: CommandStatus) -> SendError {
    let said = format!("the SMSC answered {}", name(status));
    match status {
        EsmeRsyserr | EsmeRsubmitfail | EsmeRinvbndsts | EsmeRalybnd | EsmeRxTAppn
        | EsmeRunknownerr => SendError::Transient(said),
        EsmeRinvsrcadr | EsmeRinvsrcton | EsmeRinvsrcnpi | EsmeRinvsertyp | EsmeRinvesmclass
        | EsmeRinvexpiry | EsmeRinvregdlvflg | EsmeRinvpaswd | EsmeRinvsysid | EsmeRinvsystyp
        | EsmeRprohibited | EsmeRinvcmdid => SendError::Denied(said),
        EsmeRinvdstadr | EsmeRinvdstton | EsmeRinvdstnpi | EsmeRinvmsglen | EsmeRinvcmdlen
        | EsmeRinvdcs | EsmeRxPAppn | EsmeRxRAppn => SendError::Refused(said),
        _ => SendError::Later(said), // throttled, a full queue, and what is not in the standard
    }
}

/// Why there is no session.
pub(super) fn judge_bind(status: CommandStatus) -> SendError {
    let said = format!("the SMSC refused the bind with {}", name(status));
    match status {
        EsmeRsyserr | EsmeRalybnd | EsmeRthrottled | EsmeRmsgqful | EsmeRxTAppn
        | EsmeRunknownerr => SendError::Transient(said),
        _ => SendError::Denied(said),
    }
}

/// As operators and SMSCs call it.
fn name(status: CommandStatus) -> String {
    let name = match status {
        EsmeRinvmsglen => "ESME_RINVMSGLEN",
        EsmeRalybnd => "ESME_RALYBND: the account has as many sessions as it may",
        EsmeRsyserr => "ESME_RSYSERR",
        EsmeRinvsrcadr => "ESME_RINVSRCADR: `from` is not ours there",
        EsmeRinvdstadr => "ESME_RINVDSTADR",
        EsmeRbindfail => "ESME_RBINDFAIL",
        EsmeRinvpaswd => "ESME_RINVPASWD: the password is wrong",
        EsmeRinvsysid => "ESME_RINVSYSID: there is no such `system_id`",
        EsmeRmsgqful => "ESME_RMSGQFUL",
        EsmeRsubmitfail => "ESME_RSUBMITFAIL",
        EsmeRinvsystyp => "ESME_RINVSYSTYP: `system_type` is wrong",
        EsmeRthrottled => "ESME_RTHROTTLED",
        EsmeRinvexpiry => "ESME_RINVEXPIRY",
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
        assert!(matches!(judge(EsmeRinvdstadr), SendError::Refused(_)));
        assert!(matches!(judge(EsmeRthrottled), SendError::Later(_)));
        assert!(matches!(judge(EsmeRmsgqful), SendError::Later(_)));
        assert!(matches!(judge(EsmeRsyserr), SendError::Transient(_)));
        assert!(matches!(judge(EsmeRinvsrcadr), SendError::Denied(_)));
        assert!(!judge(Other(0x0411)).is_fault(), "one of the SMSC's own");
        assert!(matches!(judge_bind(EsmeRinvpaswd), SendError::Denied(_)));
        assert!(matches!(judge_bind(EsmeRalybnd), SendError::Transient(_)));
        assert!(judge_bind(EsmeRinvpaswd).to_string().contains("0x0e (ESME_RINVPASWD"));
    }
}
