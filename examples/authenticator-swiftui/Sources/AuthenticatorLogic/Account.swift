import Foundation
import Keyfob

/// One account of the list. It holds the secret and prints as redacted.
public struct Account: Identifiable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The same as long as the account is in the list, also when its counter moves on.
    public let id: Int
    let enrolment: Enrolment
    /// The code that was asked for last, if codes are made one by one.
    let lastCode: String?

    /// Fails for digits or a period that no code can be made of.
    init(id: Int, enrolment: Enrolment, lastCode: String? = nil) throws {
        _ = try enrolment.generator()
        (self.id, self.enrolment, self.lastCode) = (id, enrolment, lastCode)
    }

    /// Whom the account is with; empty if that is not known.
    public var issuer: String { enrolment.issuer() ?? "" }

    /// The name of the account; may be empty.
    public var name: String { enrolment.account() }

    /// What it is called: never empty.
    public var title: String { heading(of: enrolment) }

    /// The name, where the title does not say it.
    public var subtitle: String { isBlank(issuer) || issuer == name ? "" : name }

    /// What to show at a time.
    public func display(at now: Date) -> Display {
        switch try? enrolment.generator() {
        case .ofTotp(let totp): ticking(totp.code(at: now), now)
        case .ofSteam(let steam): ticking(steam.code(at: now), now)
        case .ofHotp, nil: .onRequest(code: lastCode)
        }
    }

    /// The account as another authenticator scans it. Whoever sees it can make the codes.
    public func qrCode() throws -> QrCode { try enrolment.qrCode() }

    public var description: String { "Account(redacted)" }

    public var customMirror: Mirror { Mirror(self, children: [:]) }

    /// This account after its next code was made, which it shows; as it is if codes move by time.
    ///
    /// Fails at the last counter: after it would come the first codes again.
    func advanced() throws -> Account {
        guard case .ofHotp(let hotp, let counter) = try enrolment.generator() else { return self }
        guard counter < .max else {
            throw VaultError("The codes of \(title) are used up. Enrol anew at the site, then delete this account.")
        }
        let next = try enrolment.withCounter(counter: counter + 1)
        return try Account(id: id, enrolment: next, lastCode: hotp.generate(counter: counter))
    }

    private func ticking(_ code: Code, _ now: Date) -> Display {
        let period = if case .totp(let period) = enrolment.kind() { period } else { steamPeriod }
        let left = code.remaining(at: now).rounded(.up)
        return .ticking(code: code.value, secondsLeft: Int(left), share: left / period)
    }
}

/// What an account shows. It prints as redacted.
public enum Display: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    /// A code, the seconds it lasts, and how much of its time is left: 1 at its beginning.
    case ticking(code: String, secondsLeft: Int, share: Double)
    /// The last code; absent before the first was asked for.
    case onRequest(code: String?)

    /// What is to be copied.
    public var code: String? {
        switch self {
        case .ticking(let code, _, _): code
        case .onRequest(let code): code
        }
    }

    /// Whether the code is about to end.
    public var isUrgent: Bool {
        if case .ticking(_, let left, _) = self { left <= 5 } else { false }
    }

    public var description: String { "Display(redacted)" }

    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A code in groups that are easy to keep in mind: `123 456`, `1234 5678`, `12345`.
public func grouped(_ code: String) -> String {
    let length = switch code.count {
    case 6: 3
    case 7, 8: 4
    default: code.count
    }
    return code.count > length ? "\(code.prefix(length)) \(code.dropFirst(length))" : code
}

/// What an account is called: never empty.
public func heading(of enrolment: Enrolment) -> String {
    let names = [enrolment.issuer() ?? "", enrolment.account()]
    return names.first { !isBlank($0) } ?? "Account without a name"
}

private let steamPeriod: TimeInterval = 30

func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }
