import AuthenticatorLogic
import AuthenticatorViews
import SwiftUI

/// The target of the app in Xcode: this file, and the package beside it.
@main
struct AuthenticatorApp: App {
    /// All windows show this one: a folder has one vault at a time.
    @StateObject private var model = Model { try FileVault(folder: folder(), seal: KeychainSeal()) }

    var body: some Scene {
        WindowGroup { AuthenticatorView(model: model) }
    }
}

/// Not in backups: the key that opens it stays on the device.
private func folder() throws -> URL {
    var folder = try FileManager.default
        .url(for: .applicationSupportDirectory, in: .userDomainMask, appropriateFor: nil, create: true)
        .appendingPathComponent("authenticator", isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var values = URLResourceValues()
    values.isExcludedFromBackup = true
    try folder.setResourceValues(values)
    return folder
}
