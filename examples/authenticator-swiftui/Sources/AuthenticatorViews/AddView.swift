#if canImport(SwiftUI)
import AuthenticatorLogic
import Keyfob
import SwiftUI

struct AddView: View {
    let model: Model
    @Environment(\.dismiss) private var dismiss
    @State private var byHand = false
    @State private var text = ""
    /// Whether what was given last is too large, and was not taken.
    @State private var isTooMuch = false
    @State private var typed = Manual()
    @State private var isTried = false

    var body: some View {
        Form {
            Picker("How to add", selection: $byHand) {
                Text("QR text").tag(false)
                Text("By hand").tag(true)
            }
            .pickerStyle(.segmented)
            if byHand { manual } else { pasted }
        }
        .navigationTitle("Add account")
        .toolbar {
            ToolbarItem(placement: .cancellationAction) { Button("Cancel") { dismiss() } }
            ToolbarItem(placement: .confirmationAction) { Button(action, action: add).disabled(!byHand && found == nil) }
        }
    }

    private var reading: Reading {
        if byHand { return read(typed) }
        return isTooMuch ? .refused(tooMuch, field: nil) : read(text)
    }

    /// A text that is too large would stop the field, too.
    private func take(_ given: String) {
        isTooMuch = isTooLarge(given)
        if !isTooMuch { text = given }
    }

    private var given: Binding<String> {
        Binding { text } set: { take($0) }
    }

    private var found: [Enrolment]? {
        if case .found(let accounts, _) = reading { accounts } else { nil }
    }

    private var action: String {
        let count = found?.count ?? 1
        return count == 1 ? "Add account" : "Add \(count) accounts"
    }

    private func add() {
        isTried = true
        if let found, model.add(found) { dismiss() }
    }

    @ViewBuilder private var pasted: some View {
        Section {
            TextField("otpauth://…", text: given, axis: .vertical).lineLimit(3...6).keyed()
            PasteButton(payloadType: String.self) { strings in
                Task { @MainActor in take(strings.joined(separator: "\n")) }
            }
        } header: {
            Text("Text of the QR code")
        } footer: {
            if case .refused(let reason, _) = reading {
                Text(reason).foregroundStyle(.red)
            } else {
                Text("Paste what the QR code of the site says, or the export of another app.")
            }
        }
        if case .found(let accounts, let notes) = reading {
            Section {
                ForEach(accounts.indices, id: \.self) { FoundAccount(enrolment: accounts[$0]) }
                ForEach(notes, id: \.self) { Note(text: $0) }
            }
        }
    }

    @ViewBuilder private var manual: some View {
        Section {
            entry("Site", $typed.issuer, .issuer, prompt: "For instance: Example Bank")
            entry("Account", $typed.name, .name, prompt: "Your name there, if you like")
            entry("Key", $typed.key, .key, prompt: "The letters and digits that the site shows").keyed()
        }
        Section {
            DisclosureGroup("More, if the site asks for it") {
                Picker("Kind of code", selection: $typed.isCounted) {
                    Text("By time").tag(false)
                    Text("By counter").tag(true)
                }
                Picker("Length of a code", selection: $typed.digits) {
                    ForEach([6, 7, 8] as [Int32], id: \.self) { Text("\($0) digits").tag($0) }
                }
                Picker("Algorithm", selection: $typed.algorithm) {
                    Text("SHA-1").tag(Algorithm.sha1)
                    Text("SHA-256").tag(Algorithm.sha256)
                    Text("SHA-512").tag(Algorithm.sha512)
                }
                if typed.isCounted {
                    entry("Counter", $typed.counter, .counter)
                } else {
                    entry("Seconds for each code", $typed.period, .period)
                }
            }
        } footer: {
            if isTried, case .refused(let reason, nil) = reading { Text(reason).foregroundStyle(.red) }
        }
        if case .found(_, let notes) = reading {
            ForEach(notes, id: \.self) { Note(text: $0) }
        }
    }

    private func entry(_ label: String, _ text: Binding<String>, _ field: Field, prompt: String = "") -> some View {
        VStack(alignment: .leading) {
            LabeledContent(label) { TextField(label, text: text, prompt: Text(prompt)).multilineTextAlignment(.trailing) }
            if isTried, case .refused(let reason, field) = reading {
                Text(reason).font(.footnote).foregroundStyle(.red)
            }
        }
    }
}

private struct FoundAccount: View {
    let enrolment: Enrolment

    var body: some View {
        VStack(alignment: .leading) {
            Text(heading(of: enrolment)).font(.headline)
            Text(told).font(.subheadline).foregroundStyle(.secondary)
        }
    }

    private var told: String {
        let kind = switch enrolment.kind() {
        case .totp(let period): "\(enrolment.digits()) digits, \(Int(period)) s"
        case .hotp: "\(enrolment.digits()) digits, by counter"
        case .steam: "Steam"
        }
        return enrolment.issuer() == nil || enrolment.account().isEmpty ? kind : "\(enrolment.account()) · \(kind)"
    }
}

extension View {
    /// For what holds a key: keyboards change and learn nothing of it.
    fileprivate func keyed() -> some View {
        #if os(iOS)
        autocorrectionDisabled().textInputAutocapitalization(.never).privacySensitive()
        #else
        autocorrectionDisabled()
        #endif
    }
}
#endif
