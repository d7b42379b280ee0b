import Foundation
import Keyfob
import Testing

@testable import AuthenticatorLogic

/// Of RFC 4226 and RFC 6238: `12345678901234567890`.
private let key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
private let bank = "otpauth://totp/Example%20Bank:ann@example.com?secret=\(key)&issuer=Example%20Bank"
private let token = "otpauth://hotp/Token:ann?secret=\(key)&issuer=Token&counter=0"
private let steam = "otpauth://steam/Steam:ann?secret=\(key)&issuer=Steam"

private func at(_ second: TimeInterval) -> Date { Date(timeIntervalSince1970: second) }

private final class MemoryVault: Vault {
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

private struct Unexpected: Error {}

private func found(_ text: String) throws -> (accounts: [Enrolment], notes: [String]) {
    guard case .found(let accounts, let notes) = read(text) else { throw Unexpected() }
    return (accounts, notes)
}

private func refused(_ reading: Reading) throws -> (text: String, field: Field?) {
    guard case .refused(let text, let field) = reading else { throw Unexpected() }
    return (text, field)
}

private func authenticator(_ texts: String..., vault: any Vault = MemoryVault()) throws -> Authenticator {
    var made = try Authenticator(opening: vault)
    _ = try made.add(texts.flatMap { try found($0).accounts })
    return made
}

@Suite struct ReadingTests {
    @Test("the text of a QR code is an account") func one() throws {
        let account = try found("  \(bank)\n").accounts[0]
        #expect(account.issuer() == "Example Bank" && account.account() == "ann@example.com")
        #expect(account.secret().exposeBase32() == key)
    }

    @Test("an export of another app is all of its accounts") func export() throws {
        // As Google Authenticator writes it.
        let google = "otpauth-migration://offline?data="
            + "Ci4KFDEyMzQ1Njc4OTAxMjM0NTY3ODkwEgpBY21lOmFsaWNlGgRBY21lIAEoATACEAEYASjnJA%3D%3D"
        #expect(try found(google).accounts.map { $0.account() } == ["alice"])
        let accounts = try (0..<25).map { try found(bank.replacingOccurrences(of: "ann", with: "ann\($0)")).accounts[0] }
        let uris = try exportMigration(enrolments: accounts, batchId: 7)
        #expect(uris.count > 1)
        let all = try found(uris.joined(separator: "\n"))
        #expect(all.accounts.map { $0.account() } == accounts.map { $0.account() } && all.notes.isEmpty)
        #expect(try found(uris[0]).notes == ["1 of the \(uris.count) QR codes of this export: add the others too."])
    }

    @Test("several lines are several accounts, and the one at fault is named") func lines() throws {
        #expect(try found("\(bank)\r\n\n\(token)").accounts.count == 2)
        #expect(try refused(read("\(bank)\nsomething else")).text.hasPrefix("Line 2: "))
    }

    @Test("a key is typed as it is shown, in groups and in small letters") func byHand() throws {
        var typed = Manual()
        (typed.issuer, typed.name, typed.key) = ("Example Bank", "ann", "gezd gnbv gy3t qojq gezd-gnbv-gy3t-qojq")
        guard case .found(let accounts, _) = read(typed) else { throw Unexpected() }
        #expect(accounts[0].secret().exposeBase32() == key && accounts[0].digits() == 6)
        typed.name = " "
        guard case .found(let nameless, _) = read(typed) else { throw Unexpected() }
        #expect(nameless[0].account() == "Example Bank")
        (typed.isCounted, typed.counter) = (true, "7")
        guard case .found(let counted, _) = read(typed) else { throw Unexpected() }
        #expect(counted[0].kind() == .hotp(counter: 7))
    }

    @Test("what is wrong is said at the field that is wrong") func fields() throws {
        let cases: [(Field, @Sendable (inout Manual) -> Void)] = [
            (.key, { $0.key = " " }), (.key, { $0.key = "not base32!" }),
            (.issuer, { ($0.issuer, $0.name) = ("", " ") }), (.issuer, { $0.issuer = "Example\u{7}Bank" }),
            (.period, { $0.period = "" }), (.period, { $0.period = "0" }), (.period, { $0.period = "-30" }),
            (.counter, { ($0.isCounted, $0.counter) = (true, "-1") }),
        ]
        for (field, change) in cases {
            var typed = Manual()
            (typed.issuer, typed.name, typed.key) = ("Example Bank", "ann", key)
            change(&typed)
            let refusal = try refused(read(typed))
            #expect(refusal.field == field && refusal.text.hasSuffix("."), "\(field): \(refusal.text)")
        }
    }

    @Test("nothing that is pasted or typed throws, and no refusal quotes the key") func junk() {
        let junk = [
            "x", "otpauth://", "otpauth://totp/", "otpauth://totp/a?secret=", "otpauth://totp/a?secret=!", "steam://",
            "otpauth://totp/a?secret=\(key)&digits=99", "otpauth://totp/a?secret=\(key)&period=0",
            "otpauth-migration://offline?data=", "otpauth-migration://offline?data=%00", "otpauth-migration:",
            "otpauth://totp/%FF?secret=\(key)", "\u{0}", "https://example.com/?secret=\(key)",
            "otpauth://" + String(repeating: "a", count: 100_000),
        ]
        for text in junk {
            if case .found = read(text) { Issue.record("\(text.prefix(60))") }
            if case .refused(let said, _) = read(text) { #expect(!said.contains(key)) }
            for isCounted in [false, true] {
                var typed = Manual()
                (typed.issuer, typed.name, typed.key, typed.period, typed.counter) = (text, text, text, text, text)
                typed.isCounted = isCounted
                _ = read(typed)
            }
        }
        if case .nothing = read(" \n ") {} else { Issue.record("nothing is something") }
    }
}

@Suite struct AuthenticatorTests {
    @Test("codes are those of the RFC, and follow the time that is given, back as well") func codes() throws {
        let account = try authenticator(bank + "&digits=8").accounts[0]
        // RFC 6238, appendix B
        for (second, code) in [(59, "94287082"), (1_111_111_109, "07081804"), (20_000_000_000, "65353130"), (59, "94287082")] {
            #expect(account.display(at: at(TimeInterval(second))).code == code)
        }
    }

    @Test("a countdown runs from the whole period down to 1") func countdown() throws {
        let account = try authenticator(bank).accounts[0]
        let left = [0, 0.999, 1, 29, 29.999, 30].map { second -> Int in
            if case .ticking(_, let left, _) = account.display(at: at(second)) { left } else { -1 }
        }
        #expect(left == [30, 30, 29, 1, 1, 30])
        #expect(account.display(at: at(25)).isUrgent && !account.display(at: at(24)).isUrgent)
        guard case .ticking(_, 45, 0.75) = try authenticator(bank + "&period=60").accounts[0].display(at: at(15)),
            case .ticking(_, 10, _) = try authenticator(steam).accounts[0].display(at: at(20))
        else { throw Unexpected() }
    }

    @Test("codes of a counter come one by one, and none twice after a restart") func counted() throws {
        let vault = MemoryVault()
        var first = try authenticator(token, vault: vault)
        #expect(first.accounts[0].display(at: at(0)).code == nil)
        // RFC 4226, appendix D
        for code in ["755224", "287082", "359152"] {
            try first.next(first.accounts[0].id)
            #expect(first.accounts[0].display(at: at(0)).code == code)
        }
        var second = try Authenticator(opening: vault)
        #expect(second.accounts[0].display(at: at(0)).code == nil)
        try second.next(second.accounts[0].id)
        #expect(second.accounts[0].display(at: at(0)).code == "969429")
    }

    @Test("an account without any name makes codes, too") func nameless() throws {
        let vault = MemoryVault()
        var made = try authenticator("otpauth://hotp/?secret=\(key)&counter=0", vault: vault)
        for _ in 0..<2 { try made.next(1) }
        #expect(made.accounts[0].display(at: at(0)).code == "287082")
        #expect(try Authenticator(opening: vault).accounts[0].title == "Account without a name")
    }

    @Test("what cannot be kept changes nothing and tells no code") func full() throws {
        let vault = MemoryVault()
        var made = try authenticator(token, vault: vault)
        vault.isFull = true
        #expect(throws: VaultError.self) { try made.next(made.accounts[0].id) }
        #expect(throws: VaultError.self) { try made.add(found(bank).accounts) }
        #expect(throws: VaultError.self) { try made.remove(made.accounts[0].id) }
        #expect(made.accounts.map(\.title) == ["Token"] && made.accounts[0].display(at: at(0)).code == nil)
    }

    @Test("an account that is here is not added again, and one with another key is") func twice() throws {
        var made = try authenticator(bank)
        #expect(try made.add(found("\(bank)\n\(token)\n\(token)").accounts) == (1, 2))
        let renewed = try Enrolment.totp(secret: .generate(), account: "ann@example.com", issuer: "Example Bank")
        #expect(try made.add([renewed]).added == 1)
        #expect(made.accounts.count == 3 && Set(made.accounts.map(\.id)).count == 3)
    }

    @Test("accounts stand by their titles and are found by any of their words") func search() throws {
        let made = try authenticator(token, bank, steam, "otpauth://totp/bob?secret=\(key)")
        #expect(made.accounts.map(\.title) == ["bob", "Example Bank", "Steam", "Token"])
        #expect(made.accounts(matching: "ANN bank ").map(\.title) == ["Example Bank"])
        #expect(made.accounts(matching: "bank bob").isEmpty)
    }

    @Test("an export holds every account that it can, and names the others") func export() throws {
        let many = (0..<25).map { bank.replacingOccurrences(of: "ann", with: "ann\($0)") }
        var made = try authenticator(token, steam, bank + "&period=60")
        _ = try made.add(many.flatMap { try found($0).accounts })
        let export = try made.export()
        #expect(export.leftOut.map(\.title).sorted() == ["Example Bank", "Steam"])
        let scanned = try found(export.codes.map { try scan($0.png()) }.joined(separator: "\n"))
        #expect(try made.add(scanned.accounts) == (0, 26))
        let code = try made.accounts(matching: "token")[0].qrCode()
        #expect(try found(scan(code.png())).accounts == found(token).accounts)
    }

    @Test("nothing here prints, debugs or dumps a secret or a code") func redacted() throws {
        let account = try authenticator(bank).accounts[0]
        var typed = Manual()
        typed.key = key
        for thing in [account, account.display(at: at(59)), typed] as [Any] {
            var dumped = ""
            dump(thing, to: &dumped)
            for text in ["\(thing)", String(reflecting: thing), dumped] {
                #expect(!text.contains(key) && !text.contains("287082"), "\(text)")
            }
        }
    }

    @Test("a code is shown in groups") func groups() {
        #expect(["123456", "1234567", "12345678", "ABCDE"].map(grouped) == ["123 456", "1234 567", "1234 5678", "ABCDE"])
    }

    /// What another program reads from a picture.
    private func scan(_ png: Data) throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).png")
        try png.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let (reader, output) = (Process(), Pipe())
        reader.executableURL = URL(fileURLWithPath: "/usr/bin/zbarimg")
        reader.arguments = ["-q", "--raw", "-Sdisable", "-Sqrcode.enable", file.path]  // and sees no bars in it
        (reader.standardOutput, reader.standardError) = (output, FileHandle.nullDevice)
        try reader.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        reader.waitUntilExit()
        return text.trimmingCharacters(in: .newlines)
    }
}

@Suite struct VaultTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())/authenticator")

    @Test("accounts are there again after a restart, for their owner alone") func restart() throws {
        defer { try? FileManager.default.removeItem(at: folder.deletingLastPathComponent()) }
        let uris = [bank, token, steam, bank + "&algorithm=SHA512&digits=8&period=60"]
        var made = try Authenticator(opening: FileVault(folder: folder))
        _ = try made.add(uris.flatMap { try found($0).accounts })
        var again = try Authenticator(opening: FileVault(folder: folder))
        #expect(try again.add(uris.flatMap { try found($0).accounts }) == (0, 4))
        func mode(_ url: URL) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
        }
        #expect(try mode(folder) == 0o700)
        #expect(try mode(folder.appendingPathComponent("accounts")) == 0o600)
    }

    @Test("a write that was broken off leaves what was there") func brokenOff() throws {
        defer { try? FileManager.default.removeItem(at: folder.deletingLastPathComponent()) }
        let vault = try FileVault(folder: folder)
        #expect(try vault.read() == nil)
        try vault.write(Data("whole".utf8))
        let rest = folder.appendingPathComponent("accounts.new")
        try Data("ha".utf8).write(to: rest)
        #expect(try vault.read() == Data("whole".utf8))
        try vault.write(Data("next".utf8))
        #expect(try vault.read() == Data("next".utf8))
        #expect(!FileManager.default.fileExists(atPath: rest.path))
    }

    @Test("a file with an account that cannot be read is refused whole, left as it is, and not quoted") func unreadable() {
        for contents in ["something else", "keyfob authenticator 1\n\(bank)\n\(key)\n"] {
            let vault = MemoryVault(contents)
            do {
                _ = try Authenticator(opening: vault)
                Issue.record("it was opened")
            } catch {
                #expect(!"\(error)".contains(key) && error is VaultError)
            }
            #expect(vault.text == contents)
        }
    }

    @Test("a sealed file shows no secret") func sealed() throws {
        defer { try? FileManager.default.removeItem(at: folder.deletingLastPathComponent()) }
        var made = try Authenticator(opening: FileVault(folder: folder, seal: Mirrored()))
        _ = try made.add(found(bank).accounts)
        let kept = try Data(contentsOf: folder.appendingPathComponent("accounts"))
        #expect(!String(decoding: kept, as: UTF8.self).contains(key))
        #expect(try Authenticator(opening: FileVault(folder: folder, seal: Mirrored())).accounts.count == 1)
    }
}

/// No seal, and enough to see that what is sealed is what is kept.
private struct Mirrored: Seal {
    func seal(_ contents: Data) throws -> Data { Data(contents.map { ~$0 }) }

    func open(_ sealed: Data) throws -> Data { Data(sealed.map { ~$0 }) }
}
