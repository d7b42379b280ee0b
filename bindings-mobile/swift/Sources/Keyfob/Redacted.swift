import Foundation

// What holds a secret shows as redacted, however it is looked at: printed, debugged, dumped.

/// Shows no more of itself than its `description`, which holds no secret.
public protocol Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Redacted {
    /// As `description`.
    public var debugDescription: String { description }

    /// No parts.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension AsyncEngine: Redacted {}
extension Engine: Redacted {}
extension Enrolment: Redacted {}
extension Hotp: Redacted {}
extension Keys: Redacted {}
extension Message: Redacted {}
extension NewRecoveryCodes: Redacted {}
extension Parameter: Redacted {}
extension QrCode: Redacted {}
extension RecoverySet: Redacted {}
extension Secret: Redacted {}
extension SecretText: Redacted {}
extension Steam: Redacted {}
extension Totp: Redacted {}

extension Code: Redacted {
    /// When it ends, and not the code.
    public var description: String { "Code(redacted, until \(validUntil))" }
}

extension Secret: Equatable {
    /// Whether both are the same, compared in constant time.
    public static func == (left: Secret, right: Secret) -> Bool { left.isSameAs(other: right) }
}

extension Enrolment: Equatable {
    /// Whether both describe the same account with the same secret.
    public static func == (left: Enrolment, right: Enrolment) -> Bool { left.isSameAs(other: right) }
}
