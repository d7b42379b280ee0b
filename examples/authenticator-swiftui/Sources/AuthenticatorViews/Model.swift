#if canImport(SwiftUI)
import AuthenticatorLogic
import Keyfob
import SwiftUI

#if canImport(UIKit)
import UIKit
import UniformTypeIdentifiers
#elseif canImport(AppKit)
import AppKit
#endif

/// What the views show and do. What cannot be kept is said, and nothing is changed then.
@MainActor
public final class Model: ObservableObject {
    @Published private(set) var authenticator: Authenticator?
    /// What went wrong, to be shown once.
    @Published var failure: String?
    /// Why there are no accounts to show.
    @Published private(set) var unreadable: String?
    /// What was done, to be shown for a moment.
    @Published private(set) var said: String?
    private let open: () throws -> any Vault

    public init(vault open: @escaping () throws -> any Vault) {
        self.open = open
        retry()
    }

    var accounts: [Account] { authenticator?.accounts ?? [] }

    func retry() {
        do {
            (authenticator, unreadable) = (try Authenticator(opening: try open()), nil)
        } catch {
            unreadable = error.localizedDescription
        }
    }

    func copy(_ code: String, of account: Account) {
        #if canImport(UIKit)
        // It stays on this device, and goes after a minute.
        UIPasteboard.general.setItems(
            [[UTType.plainText.identifier: code]],
            options: [.localOnly: true, .expirationDate: Date().addingTimeInterval(60)])
        #elseif canImport(AppKit)
        let pasteboard = NSPasteboard.general
        pasteboard.clearContents()
        pasteboard.setString(code, forType: .string)
        // Programs that keep what was copied leave this out: nspasteboard.org.
        pasteboard.setString("", forType: NSPasteboard.PasteboardType("org.nspasteboard.ConcealedType"))
        forget(pasteboard.changeCount)
        #endif
        say("Code for \(account.title) copied")
    }

    #if !canImport(UIKit) && canImport(AppKit)
    /// After a minute, unless something else was copied since.
    private func forget(_ count: Int) {
        Task {
            try? await Task.sleep(nanoseconds: 60_000_000_000)
            if NSPasteboard.general.changeCount == count { NSPasteboard.general.clearContents() }
        }
    }
    #endif

    func next(_ account: Account) { attempt { try authenticator?.next(account.id) } }

    func remove(_ account: Account) {
        attempt {
            try authenticator?.remove(account.id)
            say("\(account.title) deleted")
        }
    }

    /// Whether they are kept.
    func add(_ enrolments: [Enrolment]) -> Bool {
        attempt {
            guard let added = try authenticator?.add(enrolments) else { return }
            say(told(added))
        }
    }

    @discardableResult
    private func attempt(_ work: () throws -> Void) -> Bool {
        do {
            try work()
            return true
        } catch {
            failure = error.localizedDescription
            return false
        }
    }

    private func say(_ text: String) {
        said = text
        Task {
            try? await Task.sleep(nanoseconds: 3_000_000_000)
            if said == text { said = nil }
        }
    }

    private func told(_ added: (added: Int, present: Int)) -> String {
        if added.added == 0 { return added.present == 1 ? "This account is here already" : "These accounts are here already" }
        let present = added.present > 0 ? ", \(added.present) here already" : ""
        return "\(counted(added.added)) added\(present)"
    }
}

func counted(_ accounts: Int) -> String { accounts == 1 ? "1 account" : "\(accounts) accounts" }
#endif
