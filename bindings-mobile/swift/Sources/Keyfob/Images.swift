#if canImport(CoreGraphics)
import CoreGraphics
import Foundation

extension QrCode {
    /// The code as an image with `scale` pixels (1 to 32) to a module, the light border included.
    public func cgImage(scale: Int32 = 8) throws -> CGImage? {
        guard let source = CGDataProvider(data: try png(scale: scale) as CFData) else { return nil }
        return CGImage(
            pngDataProviderSource: source, decode: nil, shouldInterpolate: false,
            intent: .defaultIntent)
    }
}
#endif

#if canImport(SwiftUI) && canImport(CoreGraphics)
import SwiftUI

extension Image {
    /// The code as an image that stays sharp at any size; `label` is what VoiceOver says.
    ///
    /// Give it room with `.resizable().scaledToFit()`.
    public init?(_ code: QrCode, label: Text = Text("QR code")) {
        guard let drawn = try? code.cgImage(scale: 8) else { return nil }
        self = Image(drawn, scale: 1, label: label).interpolation(.none)
    }
}
#endif
