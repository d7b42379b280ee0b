import Foundation
import Keyfob
import Testing

@testable import AuthenticatorLogic

/// Of RFC 4226 and RFC 6238: `12345678901234567890`.
let key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
let bank = "otpauth://totp/Example%20Bank:ann@example.com?secret=\(key)&issuer=Example%20Bank"
let token = "otpauth://hotp/Token:ann?secret=\(key)&issuer=Token&counter=0"
let steam = "otpauth://steam/Steam:ann?secret=\(key)&issuer=Steam"

func at(_ second: TimeInterval) -> Date { Date(timeIntervalSince1970: second) }

final class MemoryVault: Vault {
    var contents: Data?
    var isFull = false

    init(_ text: String? = nil) { contents = text.map { Data($0.utf8) } }

    func read() throws -> Data? { contents }

    func write(_ contents: Data) throws {
        if isFull { throw VaultError("The disk is full.") }
        self.contents = contents
    }

    var text: String { contents.map { String(decoding: $0, as: UTF8.self) } ?? "" }
}

struct Unexpected: Error {}

func found(_ text: String) throws -> (accounts: [Enrolment], notes: [String]) {
    guard case .found(let accounts, let notes) = read(text) else { throw Unexpected() }
    return (accounts, notes)
}

func refused(_ reading: Reading) throws -> (text: String, field: Field?) {
    guard case .refused(let text, let field) = reading else { throw Unexpected() }
    return (text, field)
}

func authenticator(_ texts: String..., vault: any Vault = MemoryVault()) throws -> Authenticator {
    var made = try Authenticator(opening: vault)
    _ = try made.add(texts.flatMap { try found($0).accounts })
    return made
}
