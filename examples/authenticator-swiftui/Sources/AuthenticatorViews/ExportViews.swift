#if canImport(SwiftUI)
import AuthenticatorLogic
import Keyfob
import SwiftUI

/// One account as a QR code.
struct ShowView: View {
    let account: Account

    var body: some View {
        ScrollView {
            VStack(spacing: 16) {
                Text(account.title).font(.title2.weight(.medium))
                if !account.subtitle.isEmpty { Text(account.subtitle).foregroundStyle(.secondary) }
                Picture(code: try? account.qrCode(), label: "QR code with the key of \(account.title)")
                Note(text: "Scan it with your other device. Show it to nobody else: whoever has this picture can make your codes.")
                if case .onRequest = account.display(at: Date()) {
                    Note(text: "Codes of this account are made one by one. Go on with one device only, or they lose count.")
                }
            }
            .padding()
        }
        .navigationTitle("QR code")
        .closable()
    }
}

/// All accounts as QR codes, one after the other.
struct ExportView: View {
    @ObservedObject var model: Model
    @State private var shown = 0
    @State private var export: (codes: [QrCode], leftOut: [Account])?

    var body: some View {
        ScrollView {
            VStack(spacing: 16) {
                if let export, !export.codes.isEmpty {
                    let count = export.codes.count
                    Text("In the other app choose “import accounts” and scan \(count > 1 ? "each" : "this") code.")
                    Picture(code: export.codes[shown], label: "QR code \(shown + 1) of \(count) with the keys of your accounts")
                    if count > 1 { Stepper("\(shown + 1) of \(count)", value: $shown, in: 0...count - 1) }
                    Note(text: "Show it to nobody else: whoever has this picture can make the codes of all these accounts.")
                }
                if let leftOut = export?.leftOut, !leftOut.isEmpty {
                    let names = leftOut.map(\.title).joined(separator: ", ")
                    Note(text: "Left out, for this way of exporting has no room for their kind of code: \(names). Show their QR codes one by one.")
                }
            }
            .padding()
        }
        .navigationTitle("Export all accounts")
        .closable()
        .onAppear { export = try? model.authenticator?.export() }
    }
}

private struct Picture: View {
    let code: QrCode?
    let label: String

    var body: some View {
        if let code, let image = Image(code, label: Text(label)) {
            image.resizable().scaledToFit().frame(maxWidth: 320).clipShape(RoundedRectangle(cornerRadius: 16)).privacySensitive()
        }
    }
}

extension View {
    fileprivate func closable() -> some View { modifier(Closable()) }
}

private struct Closable: ViewModifier {
    @Environment(\.dismiss) private var dismiss

    func body(content: Content) -> some View {
        content.toolbar { ToolbarItem(placement: .cancellationAction) { Button("Close") { dismiss() } } }
    }
}
#endif
