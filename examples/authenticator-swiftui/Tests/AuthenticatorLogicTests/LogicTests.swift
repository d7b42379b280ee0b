import Foundation
import Keyfob
import Testing

@testable import AuthenticatorLogic

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

    @Test("a text that would stop the screen is refused unread") func tooLarge() throws {
        func isTooMuch(_ text: String) -> Bool {
            if case .refused(tooMuch, _) = read(text) { true } else { false }
        }
        let lines = { (count: Int) in Array(repeating: bank, count: count).joined(separator: "\n") }
        #expect([1_000, 1_001].map { isTooMuch(lines($0)) } == [false, true])
        #expect([262_144, 262_145].map { isTooMuch(String(repeating: "x", count: $0)) } == [false, true])
        #expect(isTooMuch(String(repeating: "日", count: 100_000)))
        // Few lines hold many accounts.
        let many = try (0...1_000).map { try found(bank.replacingOccurrences(of: "ann", with: "ann\($0)")).accounts[0] }
        #expect(isTooMuch(try exportMigration(enrolments: many, batchId: 7).joined(separator: "\n")))
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

    @Test("an account is named as before when its counter moves on, however it is named") func named() throws {
        for label in ["Token:%20ann", "ann", "Other:ann", "%F0%9F%9A%80:%F0%9F%91%A9", "Token:a%3Ab", ""] {
            let vault = MemoryVault()
            var made = try authenticator("otpauth://hotp/\(label)?secret=\(key)&issuer=Token&counter=7&colour=red", vault: vault)
            let before = vault.text
            try made.next(made.accounts[0].id)
            #expect(before.contains("counter=7"))
            #expect(vault.text == before.replacingOccurrences(of: "counter=7", with: "counter=8"), "\(label)")
        }
    }

    @Test("an account without any name makes codes, too") func nameless() throws {
        let vault = MemoryVault()
        var made = try authenticator("otpauth://hotp/?secret=\(key)&counter=0", vault: vault)
        for _ in 0..<2 { try made.next(1) }
        #expect(made.accounts[0].display(at: at(0)).code == "287082")
        #expect(try Authenticator(opening: vault).accounts[0].title == "Account without a name")
    }

    @Test("a counter at its end does not begin anew, and says to enrol anew") func usedUp() throws {
        let vault = MemoryVault()
        var made = try authenticator("otpauth://hotp/Token?secret=\(key)&counter=18446744073709551614", vault: vault)
        try made.next(1)
        let (last, kept) = (made.accounts[0].display(at: at(0)).code, vault.text)
        #expect(last != nil && kept.contains("counter=18446744073709551615"))
        do {
            try made.next(1)
            Issue.record("it went on")
        } catch let error as VaultError {
            #expect(error.text.contains("Enrol anew"))
        }
        #expect(made.accounts[0].display(at: at(0)).code == last && vault.text == kept)
    }

    @Test("an account of a counter that is scanned again is not added again, and goes on") func again() throws {
        var made = try authenticator(token)
        try made.next(1)
        #expect(try made.add(found(token).accounts) == (0, 1))
        #expect(try made.add(found("\(token)\n\(token.replacingOccurrences(of: "ann", with: "bob"))").accounts) == (1, 1))
        try made.next(1)
        #expect(made.accounts.first { $0.id == 1 }?.display(at: at(0)).code == "287082")
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
