import Foundation
import Testing

@testable import AuthenticatorLogic

@Suite struct VaultTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())/authenticator")

    @Test("accounts are there again after a restart, for their owner alone") func restart() throws {
        defer { try? FileManager.default.removeItem(at: folder.deletingLastPathComponent()) }
        let uris = [bank, token, steam, bank + "&algorithm=SHA512&digits=8&period=60"]
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        #expect(try opened { try $0.add(uris.flatMap { try found($0).accounts }) } == (4, 0))
        #expect(try opened { try $0.add(uris.flatMap { try found($0).accounts }) } == (0, 4))
        func mode(_ url: URL) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
        }
        #expect(try mode(folder) == 0o700)
        for name in ["accounts", "lock"] { #expect(try mode(folder.appendingPathComponent(name)) == 0o600) }
    }

    @Test("two windows at once do not overwrite each other") func windows() throws {
        defer { try? FileManager.default.removeItem(at: folder.deletingLastPathComponent()) }
        try withExtendedLifetime(FileVault(folder: folder)) { #expect(isTaken()) }
        #expect(!isTaken())
    }

    @Test("two programs at once do not either, and one that was killed keeps nobody out") func programs() throws {
        defer { try? FileManager.default.removeItem(at: folder.deletingLastPathComponent()) }
        let other = try withExtendedLifetime(FileVault(folder: folder)) {
            #expect(try locking("--nonblock", "true").exitStatus() == 1)
            return try locking("sleep", "60")  // gets it when this lets go
        }
        try waitUntil { isTaken() }
        kill(other.processIdentifier, SIGKILL)
        other.waitUntilExit()
        try waitUntil { !isTaken() }
    }

    /// Another program that wants the same lock.
    private func locking(_ words: String...) throws -> Process {
        let other = Process()
        other.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        let lock = folder.appendingPathComponent("lock").path
        other.arguments = words[0] == "--nonblock" ? [words[0], lock] + words.dropFirst() : ["--no-fork", lock] + words
        try other.run()
        return other
    }

    private func isTaken() -> Bool {
        do {
            _ = try FileVault(folder: folder)
            return false
        } catch {
            #expect("\(error)".contains("open already"))
            return true
        }
    }

    /// Fails after ten seconds.
    private func waitUntil(_ isSo: () -> Bool) throws {
        for _ in 0..<1_000 {
            if isSo() { return }
            usleep(10_000)
        }
        throw Unexpected()
    }

    /// What is done in an authenticator that is closed afterwards.
    private func opened<T>(seal: (any Seal)? = nil, _ work: (inout Authenticator) throws -> T) throws -> T {
        var made = try Authenticator(opening: FileVault(folder: folder, seal: seal))
        return try work(&made)
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
        _ = try opened(seal: Mirrored()) { try $0.add(found(bank).accounts) }
        let kept = try Data(contentsOf: folder.appendingPathComponent("accounts"))
        #expect(!String(decoding: kept, as: UTF8.self).contains(key))
        #expect(try opened(seal: Mirrored()) { $0.accounts.count } == 1)
    }
}

/// No seal, and enough to see that what is sealed is what is kept.
private struct Mirrored: Seal {
    func seal(_ contents: Data) throws -> Data { Data(contents.map { ~$0 }) }

    func open(_ sealed: Data) throws -> Data { Data(sealed.map { ~$0 }) }
}

extension Process {
    fileprivate func exitStatus() -> Int32 {
        waitUntilExit()
        return terminationStatus
    }
}
