import Foundation
import Keyfob

/// What a text that somebody wants to add was read as.
public enum Reading: Sendable {
    /// Nothing was given yet.
    case nothing
    /// It cannot be used; the text says what to do, and the field is the one of ``Manual`` at fault.
    case refused(String, field: Field?)
    /// These accounts can be added; the notes deserve a look: what was guessed, is weak, is not there.
    case found([Enrolment], notes: [String])
}

/// Reads what QR codes hold: `otpauth://` of one account, `otpauth-migration://` of an export;
/// several of them line by line. More than 256 KiB or 1,000 lines are refused unread.
public func read(_ text: String) -> Reading {
    if isTooLarge(text) { return .refused(tooMuch, field: nil) }
    let lines = text.split(whereSeparator: \.isNewline)
        .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    if lines.isEmpty { return .nothing }
    var (accounts, notes): ([Enrolment], [String]) = ([], [])
    for (index, line) in lines.enumerated() {
        switch readLine(line) {
        case .found(let more, let said):
            accounts += more
            notes += said.filter { !notes.contains($0) }
        case .refused(let text, let field):
            return .refused(lines.count == 1 ? text : "Line \(index + 1): \(text)", field: field)
        case .nothing: break
        }
    }
    if accounts.count > mostLines { return .refused(tooMuch, field: nil) }
    return .found(accounts, notes: notes + missingParts(lines))
}

/// Whether a text is too large to be read, or even shown.
public func isTooLarge(_ text: String) -> Bool {
    if text.utf8.count > mostBytes { return true }
    return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).count > mostLines
}

/// What is said of such a text.
public let tooMuch =
    "This is too much to read at once. Paste at most 256 KiB, 1,000 lines and 1,000 accounts at a time."

/// Screens read at each key that is pressed: what takes longer than that is refused before.
private let mostLines = 1_000
private let mostBytes = 256 * 1024

/// What is typed where there is no QR code. It prints as redacted.
public struct Manual: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    public var issuer = ""
    public var name = ""
    /// Base32, as the site shows it.
    public var key = ""
    public var isCounted = false
    public var digits: Int32 = 6
    public var period = "30"
    public var counter = "0"
    public var algorithm = Algorithm.sha1

    public init() {}

    public var description: String { "Manual(redacted)" }

    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A part of ``Manual``.
public enum Field: Sendable { case issuer, name, key, period, counter }

/// Reads what was typed.
public func read(_ typed: Manual) -> Reading {
    if isBlank(typed.key) { return .refused("Type the key that the site shows you.", field: .key) }
    if isBlank(typed.issuer) && isBlank(typed.name) {
        return .refused("Say which site it is for, so that you find it again.", field: .issuer)
    }
    do {
        let made = try enrolment(typed, Secret.fromBase32(text: typed.key))
        _ = try made.generator()
        return .found([made], notes: shortKey(made))
    } catch let error as Refusal {
        return .refused(error.text, field: error.field)
    } catch KeyfobError.invalid(_, let text, let argument, _, _) {
        return .refused(sentence(text), field: fields[argument])
    } catch {
        return .refused(sentence((error as? KeyfobError)?.text ?? error.localizedDescription), field: nil)
    }
}

private let fields: [String: Field] = [
    "issuer": .issuer, "account": .name, "text": .key, "period": .period, "counter": .counter,
]

private struct Refusal: Error {
    let text: String
    let field: Field
}

private func enrolment(_ typed: Manual, _ secret: Secret) throws -> Enrolment {
    let trimmed = { (text: String) in text.trimmingCharacters(in: .whitespaces) }
    let issuer = isBlank(typed.issuer) ? nil : trimmed(typed.issuer)
    let name = isBlank(typed.name) ? trimmed(typed.issuer) : trimmed(typed.name)  // an account has a name
    if typed.isCounted {
        guard let counter = UInt64(trimmed(typed.counter)) else {
            throw Refusal(text: "Type a whole number from 0.", field: .counter)
        }
        return try .hotp(
            secret: secret, account: name, counter: counter, issuer: issuer,
            algorithm: typed.algorithm, digits: typed.digits)
    }
    guard let seconds = UInt32(trimmed(typed.period)) else {
        throw Refusal(text: "Type whole seconds, usually 30.", field: .period)
    }
    return try .totp(
        secret: secret, account: name, issuer: issuer,
        algorithm: typed.algorithm, digits: typed.digits, period: TimeInterval(seconds))
}

private func readLine(_ line: String) -> Reading {
    let start = line.lowercased()
    do {
        if start.hasPrefix("otpauth-migration:") { return try readMigration(line) }
        if start.hasPrefix("otpauth:") || start.hasPrefix("steam:") { return try readOne(line) }
        let text = "This is no account. The text of its QR code begins with otpauth:// or otpauth-migration://."
        return .refused(text, field: nil)
    } catch {
        return .refused(sentence((error as? KeyfobError)?.text ?? error.localizedDescription), field: nil)
    }
}

private func readOne(_ line: String) throws -> Reading {
    let parsed = try parseEnrolment(uri: line, mode: .lenient)
    _ = try parsed.enrolment.generator()  // refuses what no code can be made of
    return .found([parsed.enrolment], notes: parsed.warnings.map { sentence($0.text) })
}

private func readMigration(_ line: String) throws -> Reading {
    let migration = try parseMigration(uri: line)
    let skipped = migration.skipped.map { entry in
        let name = entry.name.isEmpty ? "Account \(entry.index + 1)" : entry.name
        return sentence("\(name) was left out: \(entry.text)")
    }
    if migration.entries.isEmpty {
        return .refused(skipped.first ?? "There is no account in this export.", field: nil)
    }
    return .found(migration.entries, notes: skipped + migration.entries.flatMap(shortKey))
}

/// An export of many accounts comes as several QR codes.
private func missingParts(_ lines: [String]) -> [String] {
    let parts = lines.filter { $0.lowercased().hasPrefix("otpauth-migration:") }
        .compactMap { try? parseMigration(uri: $0) }
    return Dictionary(grouping: parts, by: \.batchId).values.compactMap { batch in
        let (size, present) = (Int(batch[0].batchSize), Set(batch.map(\.batchIndex)).count)
        return present < size ? "\(present) of the \(size) QR codes of this export: add the others too." : nil
    }
}

private func shortKey(_ enrolment: Enrolment) -> [String] {
    guard enrolment.secret().isShort() else { return [] }
    return ["The key of \(heading(of: enrolment)) is shorter than it should be. It works all the same."]
}

private func sentence(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst() + (text.hasSuffix(".") ? "" : ".")
}
