#if canImport(SwiftUI)
import SwiftUI

extension Color {
    /// As on the other platforms, in light and in dark.
    static let accent = both(light: (0.04, 0.40, 0.35), dark: (0.51, 0.84, 0.76))
    /// A code that is about to end.
    static let urgent = both(light: (0.66, 0.28, 0.04), dark: (1.00, 0.71, 0.54))

    private static func both(light: (Double, Double, Double), dark: (Double, Double, Double)) -> Color {
        #if canImport(UIKit)
        Color(UIColor { $0.userInterfaceStyle == .dark ? UIColor(Color(of: dark)) : UIColor(Color(of: light)) })
        #else
        Color(NSColor(name: nil) { look in
            look.bestMatch(from: [.aqua, .darkAqua]) == .darkAqua ? NSColor(Color(of: dark)) : NSColor(Color(of: light))
        })
        #endif
    }

    private init(of parts: (Double, Double, Double)) {
        self.init(red: parts.0, green: parts.1, blue: parts.2)
    }
}

extension View {
    /// Nothing of it shows while the app is not in front, where the system takes pictures of apps.
    func covered() -> some View { modifier(Covered()) }
}

private struct Covered: ViewModifier {
    @Environment(\.scenePhase) private var phase

    func body(content: Content) -> some View {
        #if os(iOS)
        content.overlay {
            if phase != .active { Rectangle().fill(.background).ignoresSafeArea() }
        }
        #else
        content  // A Mac takes none, and there a code is read while another window is in front.
        #endif
    }
}

/// A screen that says one thing.
struct Notice: View {
    let title: String
    let text: String
    let action: String
    let onAction: () -> Void

    var body: some View {
        VStack(spacing: 12) {
            Text(title).font(.title2.weight(.medium)).accessibilityAddTraits(.isHeader)
            Text(text).foregroundStyle(.secondary)
            Button(action, action: onAction).buttonStyle(.borderedProminent).controlSize(.large).padding(.top, 12)
        }
        .multilineTextAlignment(.center)
        .frame(maxWidth: 360)
        .padding(32)
    }
}

/// Something worth a look, and no alarm.
struct Note: View {
    let text: String

    var body: some View {
        Label(text, systemImage: "info.circle").font(.subheadline).foregroundStyle(.secondary)
    }
}

/// What was done, for a moment.
struct Said: View {
    let text: String?

    var body: some View {
        if let text {
            Text(text)
                .font(.subheadline)
                .padding(.horizontal, 16)
                .padding(.vertical, 12)
                .background(.thickMaterial, in: Capsule())
                .padding()
                .transition(.opacity)
        }
    }
}
#endif
