import Foundation
import Testing

import Keyfob

/// A QR code made here is read by a reader of others, and gives the same URI.
@Suite struct QrTests {
    private let labels = [
        "ann@example.com", "علي بن أحمد", "王小明", "👩‍👩‍👧 🔐", "a:b", "100%", "a+b", "R&D", "a b", "ünïcode %3A+&:",
    ]

    @Test("a picture gives back the uri for every label at every level") func readBack() throws {
        let levels: [ErrorCorrection] = [.low, .medium, .quartile, .high]
        var read = 0
        for label in labels {
            for level in levels {
                let issuer = label.replacingOccurrences(of: ":", with: "·")
                let enrolment = try Enrolment.totp(secret: secret(), account: label, issuer: issuer)
                let scanned = try scan(enrolment.qrCode(level: level).png())
                #expect(scanned == enrolment.toUri())
                let parsed = try parseEnrolment(uri: scanned).enrolment
                #expect(parsed == enrolment && parsed.account() == label)
                read += 1
            }
        }
        print("QR codes read back by zbarimg: \(read)/\(labels.count * levels.count)")
    }

    @Test("matrix and modules are the same, and a drawing has its title") func matrix() throws {
        let code = try Enrolment.totp(secret: secret(), account: "ann").qrCode()
        let matrix = code.matrix()
        #expect(matrix.count == Int(code.size()))
        for (y, row) in matrix.enumerated() {
            for (x, dark) in row.enumerated() where dark != code.isDark(x: Int32(x), y: Int32(y)) {
                Issue.record("\(x), \(y)")
            }
        }
        #expect(matrix.joined().contains(true) && matrix.joined().contains(false))
        #expect(try code.svg(title: "Scan & go").contains("<title>Scan &amp; go</title>"))
    }

    private func scan(_ png: Data) throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).png")
        try png.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let reader = Process()
        reader.executableURL = URL(fileURLWithPath: "/usr/bin/zbarimg")
        reader.arguments = ["-q", "--raw", "-Sdisable", "-Sqrcode.enable", file.path]  // and sees no bars in it
        let output = Pipe()
        reader.standardOutput = output
        reader.standardError = FileHandle.nullDevice
        try reader.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        reader.waitUntilExit()
        #expect(reader.terminationStatus == 0)
        return String(text.dropLast(text.hasSuffix("\n") ? 1 : 0))
    }
}
