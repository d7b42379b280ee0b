import Foundation

extension KeyfobError {
    /// The stable kebab-case word for what is wrong, the same in every language.
    public var code: String {
        switch self {
        case .invalid(let code, _, _, _, _), .refused(let code, _), .recipientBlocked(let code, _, _),
            .sendLimit(let code, _, _, _), .failed(let code, _, _):
            code
        }
    }

    /// What is wrong and what to do next. It quotes nothing that was given.
    public var text: String {
        switch self {
        case .invalid(_, let text, _, _, _), .refused(_, let text), .recipientBlocked(_, let text, _),
            .sendLimit(_, let text, _, _), .failed(_, let text, _):
            text
        }
    }

    /// What `localizedDescription` says.
    var told: String {
        if case .invalid(_, _, let argument, _, _) = self { return "\(argument): \(text)" }
        return text
    }
}

extension PortError {
    /// What `localizedDescription` says.
    var told: String {
        switch self {
        case .unavailable(let reason): reason
        case .notConfigured:
            "this service was given nothing that does it: a `delivery` for this channel, or an `operator` to ask about SIMs"
        }
    }
}
