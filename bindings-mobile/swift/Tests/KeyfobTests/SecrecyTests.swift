import Foundation
import Testing

import Keyfob

/// Nothing that is printed holds a secret, unless it was asked for by name.
@Suite struct SecrecyTests {
    @Test("no object with a secret shows it: printed, debugged, reflected or dumped") func objects() throws {
        let outbox = Outbox()
        let service = try Service(keys: keys(), storage: MemoryStorage(), delivery: outbox, clock: { at(15) })
        let domain = try service.createDomain(name: "Example Bank")
        let options = UserOptions(secret: secret(), returnSecret: true)
        let created = try service.createUser(domain: domain, userId: "ann", options: options)
        let opened = try service.openEnrolment(
            domain: domain, userId: "ann", options: EnrolmentOptions(secret: secret()))
        let pin = Parameter(name: "pin", value: "4711")
        let enrolment = try Enrolment.totp(secret: secret(), account: "ann", parameters: [pin])
        let plain = try Enrolment.totp(secret: secret(), account: "ann")
        let sent = try service.send(domain: domain, to: phone, channels: [.sms, .voice])
        let message = outbox.messages.value.last!
        let codes = try NewRecoveryCodes.generate()
        let totp = try Totp(secret: secret())
        let holders: [Any] = [
            secret(), totp, try Hotp(secret: secret()), try Steam(secret: secret()), totp.code(at: at(15)),
            enrolment, pin, try enrolment.generator(), try parseEnrolment(uri: enrolment.toUri()),
            try enrolment.qrCode(), try parseMigration(uri: exportMigration(enrolments: [plain])[0]),
            options, created, opened, try service.viewEnrolment(ticket: opened.ticket.expose()), service, keys(),
            sent, message, message.fallbacks(), codes, codes.set(), try CodePolicy().generate(),
        ]
        let secrets = [
            base32, "12345678901234567890", "49, 50, 51", totp.generate(time: at(15)), "4711", "77, 77", "otpauth://",
            opened.ticket.expose(), message.exposeCode(), codes.expose()[0],
        ]
        for holder in holders {
            for shown in looks(holder) {
                for secret in secrets { #expect(!shown.contains(secret), "\(type(of: holder)): \(shown)") }
            }
        }
        #expect("\(secret())" == "Secret(redacted, 160 bits)")
        #expect(String(reflecting: secret()) == "Secret(redacted, 160 bits)")
        guard case .enrolled(let handed, _) = created else { throw Said(description: "\(created)") }
        #expect(handed.exposeBase32() == base32) // by name it is there
    }

    @Test("no error quotes what it was given") func errors() throws {
        let works: [() throws -> Void] = [
            { _ = try Secret.fromBase32(text: base32 + "!") },
            { _ = try parseEnrolment(uri: "otpauth://totp/ann?secret=\(base32)&digits=99") },
            { _ = try parseMigration(uri: "otpauth-migration://offline?data=\(base32)") },
            { _ = try composeMessage(template: "no place for it", code: "482915", minutes: 5) },
        ]
        for work in works {
            let error = try refusal(work)
            for shown in looks(error) + [error.localizedDescription] {
                #expect(!shown.contains("GEZDGNBV") && !shown.contains("482915"), "\(shown)")
            }
        }
    }

    private func looks(_ holder: Any) -> [String] {
        var dumped = ""
        dump(holder, to: &dumped)
        let parts = Mirror(reflecting: holder).children.map { "\($0)" }
        return ["\(holder)", String(reflecting: holder), "\([holder])", dumped] + parts
    }
}
