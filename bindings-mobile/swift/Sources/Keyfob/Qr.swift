import Foundation

extension QrCode {
    /// The modules row by row, from the top left: `true` is dark. Leave a light border of four
    /// around.
    public func matrix() -> [[Bool]] {
        let (size, modules) = (Int(size()), [UInt8](modules()))
        return (0..<size).map { row in modules[row * size..<(row + 1) * size].map { $0 == 1 } }
    }
}

extension Enrolment {
    /// This account as a QR code, for an authenticator app to scan.
    public func qrCode(level: ErrorCorrection = .medium) throws -> QrCode {
        try QrCode.encode(text: toUri(), level: level)
    }
}
