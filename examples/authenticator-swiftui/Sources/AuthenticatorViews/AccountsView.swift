#if canImport(SwiftUI)
import AuthenticatorLogic
import Keyfob
import SwiftUI

/// The whole authenticator.
public struct AuthenticatorView: View {
    @ObservedObject private var model: Model

    public init(model: Model) { self.model = model }

    public var body: some View {
        Group {
            if let reason = model.unreadable {
                Notice(
                    title: "Your accounts could not be opened", text: "\(reason)\n\nNothing was changed.",
                    action: "Try again", onAction: model.retry)
            } else {
                AccountsView(model: model)
            }
        }
        .covered()
        .tint(.accent)
        .alert("That was not kept", isPresented: isFailed) {
            Button("Close", role: .cancel) {}
        } message: {
            Text(model.failure ?? "")
        }
    }

    private var isFailed: Binding<Bool> {
        Binding { model.failure != nil } set: { if !$0 { model.failure = nil } }
    }
}

struct AccountsView: View {
    @ObservedObject var model: Model
    @State private var sought = ""
    @State private var opened: Sheet?
    @State private var doomed: Account?

    private enum Sheet: Identifiable {
        case add, export
        case show(Account)

        var id: String {
            switch self {
            case .add: "add"
            case .export: "export"
            case .show(let account): "show \(account.id)"
            }
        }
    }

    var body: some View {
        NavigationStack {
            Group {
                if model.accounts.isEmpty {
                    Notice(
                        title: "No accounts yet",
                        text: "Turn on two-step sign-in at a site, and add the text of its QR code or its key here. "
                            + "You can bring accounts from another app, too.",
                        action: "Add account", onAction: { opened = .add })
                } else {
                    list
                }
            }
            .navigationTitle("Authenticator")
            .toolbar { toolbar }
        }
        .overlay(alignment: .bottom) { Said(text: model.said) }
        .sheet(item: $opened) { sheet in
            NavigationStack {
                switch sheet {
                case .add: AddView(model: model)
                case .export: ExportView(model: model)
                case .show(let account): ShowView(account: account)
                }
            }
            .covered()  // the cover of what is under a sheet does not reach over it
        }
        .confirmationDialog(
            "Delete \(doomed?.title ?? "")?", isPresented: isDoomed, titleVisibility: .visible, presenting: doomed
        ) { account in
            Button("Delete", role: .destructive) { model.remove(account) }
            Button("Keep", role: .cancel) {}
        } message: { account in
            let site = account.issuer.isEmpty ? "the site" : account.issuer
            Text("You can make no more codes. Turn off two-step sign-in at \(site) first, or you may be locked out.")
        }
    }

    private var list: some View {
        // Of every second, that it begins: codes and rings follow it.
        TimelineView(.periodic(from: Date(timeIntervalSince1970: 0), by: 1)) { timeline in
            List(model.authenticator?.accounts(matching: sought) ?? []) { account in
                let display = account.display(at: timeline.date)
                AccountRow(account: account, display: display, model: model)
                    .swipeActions {
                        Button("Delete", role: .destructive) { doomed = account }
                    }
                    .contextMenu {
                        Button("Show QR code") { opened = .show(account) }
                        Button("Delete", role: .destructive) { doomed = account }
                    }
            }
            .searchable(text: $sought, prompt: "Search accounts")
        }
    }

    @ToolbarContentBuilder private var toolbar: some ToolbarContent {
        ToolbarItem(placement: .primaryAction) {
            Button { opened = .add } label: { Label("Add account", systemImage: "plus") }
        }
        ToolbarItem {
            Button { opened = .export } label: { Label("Export all accounts", systemImage: "qrcode") }
                .disabled(model.accounts.isEmpty)
        }
    }

    private var isDoomed: Binding<Bool> {
        Binding { doomed != nil } set: { if !$0 { doomed = nil } }
    }
}

private struct AccountRow: View {
    let account: Account
    let display: Display
    let model: Model

    var body: some View {
        HStack(spacing: 12) {
            Button(action: act) {
                VStack(alignment: .leading, spacing: 2) {
                    Text(account.title).font(.headline).foregroundStyle(.primary)
                    if !account.subtitle.isEmpty {
                        Text(account.subtitle).font(.subheadline).foregroundStyle(.secondary)
                    }
                    Text(display.code.map(grouped) ?? "••• •••")
                        .font(.system(.title, design: .rounded).monospacedDigit().weight(.medium))
                        .foregroundStyle(display.code == nil ? Color.secondary : display.isUrgent ? .urgent : .accent)
                        // Digit by digit, or VoiceOver makes a number of it.
                        .accessibilityLabel(display.code.map { "Code " + $0.map(String.init).joined(separator: " ") } ?? "No code yet")
                }
                .lineLimit(1)
                .frame(maxWidth: .infinity, minHeight: 48, alignment: .leading)
                .contentShape(Rectangle())
            }
            .buttonStyle(.plain)
            .accessibilityHint(display.code == nil ? "Makes the first code" : "Copies the code")
            switch display {
            case .ticking(_, let left, let share): Countdown(left: left, share: share, isUrgent: display.isUrgent)
            case .onRequest:
                Button { model.next(account) } label: {
                    Image(systemName: "arrow.clockwise").frame(width: 48, height: 48)
                }
                .buttonStyle(.borderless)
                .accessibilityLabel("Next code for \(account.title)")
            }
        }
    }

    private func act() {
        guard let code = display.code else { return model.next(account) }
        model.copy(code, of: account)
    }
}

/// How much of a code's time is left, as a ring around its seconds.
private struct Countdown: View {
    let left: Int
    let share: Double
    let isUrgent: Bool

    var body: some View {
        ZStack {
            Circle().stroke(.quaternary, lineWidth: 3)
            Circle().trim(from: 0, to: share)
                .stroke(isUrgent ? Color.urgent : .accent, style: StrokeStyle(lineWidth: 3, lineCap: .round))
                .rotationEffect(.degrees(-90))
                .animation(share == 1 ? nil : .easeOut(duration: 0.3), value: share)
            Text("\(left)").font(.caption.monospacedDigit()).foregroundStyle(isUrgent ? Color.urgent : .accent)
        }
        .frame(width: 40, height: 40)
        .accessibilityElement()
        .accessibilityLabel(left == 1 ? "1 second left" : "\(left) seconds left")
    }
}
#endif
