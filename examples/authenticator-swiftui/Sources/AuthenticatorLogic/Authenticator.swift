import Foundation
import Keyfob

/// The accounts of a person, kept in a vault.
///
/// Every change is stored before it shows: a code of a counter is not told before the counter that
/// follows it is kept. What cannot be stored throws a ``VaultError`` and changes nothing.
public struct Authenticator {
    private let vault: any Vault
    private var lastId: Int

    /// The accounts by their titles.
    public private(set) var accounts: [Account]

    /// The accounts that a vault keeps; fails rather than leave one out.
    public init(opening vault: any Vault) throws {
        let text = try vault.read().map { String(decoding: $0, as: UTF8.self) } ?? header
        guard text.hasPrefix(header) else { throw VaultError("This is no file of accounts.") }
        let uris = text.dropFirst(header.count).split(separator: "\n")
        accounts = try inOrder(uris.enumerated().map { try read($0.offset, String($0.element)) })
        lastId = accounts.count
        self.vault = vault
    }

    /// Adds accounts. Those that are here already, secret and all, are not added again, wherever their
    /// counters stand: to go back would make codes again that were used. Says how many are new, and
    /// how many were here.
    public mutating func add(_ enrolments: [Enrolment]) throws -> (added: Int, present: Int) {
        var present = Set(try accounts.map { try identity($0.enrolment) })
        let fresh = try enrolments.filter { try present.insert(identity($0)).inserted }
        let new = try fresh.enumerated().map { try Account(id: lastId + 1 + $0.offset, enrolment: $0.element) }
        if !new.isEmpty { try keep(accounts + new) }
        lastId += new.count
        return (new.count, enrolments.count - new.count)
    }

    /// Removes an account and its secret.
    public mutating func remove(_ id: Account.ID) throws {
        try keep(accounts.filter { $0.id != id })
    }

    /// Makes the next code of an account whose codes are made one by one; fails when they are used up.
    public mutating func next(_ id: Account.ID) throws {
        try keep(accounts.map { try $0.id == id ? $0.advanced() : $0 })
    }

    /// All accounts as QR codes that another authenticator imports, one after the other, and those
    /// that the format has no words for. Whoever sees them can make the codes.
    public func export() throws -> (codes: [QrCode], leftOut: [Account]) {
        let fits = { (account: Account) in (try? exportMigration(enrolments: [account.enrolment], batchId: 0)) != nil }
        let fit = accounts.filter(fits)
        let uris = fit.isEmpty ? [] : try exportMigration(enrolments: fit.map(\.enrolment))
        return (try uris.map { try QrCode.encode(text: $0) }, accounts.filter { !fits($0) })
    }

    /// The accounts that a text picks, in the same order.
    public func accounts(matching text: String) -> [Account] {
        let words = text.lowercased().split(separator: " ")
        return accounts.filter { account in
            let name = "\(account.issuer) \(account.name)".lowercased()
            return words.allSatisfy { name.contains($0) }
        }
    }

    private mutating func keep(_ changed: [Account]) throws {
        let lines = changed.map { $0.enrolment.toUri() + "\n" }
        try vault.write(Data((header + lines.joined()).utf8))
        accounts = inOrder(changed)
    }
}

private let header = "keyfob authenticator 1\n"

/// What is the same for accounts that differ in their counters alone.
private func identity(_ enrolment: Enrolment) throws -> String {
    guard case .hotp = enrolment.kind() else { return enrolment.toUri() }
    return try enrolment.withCounter(counter: 0).toUri()
}

private func inOrder(_ accounts: [Account]) -> [Account] {
    accounts.sorted { ($0.title.lowercased(), $0.name.lowercased(), $0.id) < ($1.title.lowercased(), $1.name.lowercased(), $1.id) }
}

private func read(_ index: Int, _ uri: String) throws -> Account {
    guard let read = try? parseEnrolment(uri: uri, mode: .lenient).enrolment,
        let account = try? Account(id: index + 1, enrolment: read)
    else { throw VaultError("Account \(index + 1) of the file cannot be read.") }
    return account
}
