import Foundation
import Testing

import Keyfob

/// Codes are quick, and nothing is left behind. It measures the whole process, so tests run one after the other.
@Suite(.serialized) struct MemoryTests {
    @Test("a million codes take no memory, and less than 20 microseconds each") func million() throws {
        let totp = try Totp(secret: secret())
        generate(totp, 50_000)
        let before = try resident()
        let began = spent()
        generate(totp, 1_000_000)
        let each = (spent() - began) / 1_000_000
        let grown = try resident() - before
        print("1000000 codes: \(each) ns of this thread's time each, \(grown) KiB more in memory")
        #expect(grown < 20_000)
        #expect(each < 20_000, "ns for a code")
    }

    @Test("a secret is gone with what held it") func objects() throws {
        let bytes = Data(repeating: 7, count: 256)
        for _ in 0..<20_000 { _ = try Secret.fromBytes(bytes: bytes) }
        let before = try resident()
        for _ in 0..<200_000 { _ = try Secret.fromBytes(bytes: bytes) }
        #expect(try resident() - before < 20_000, "KiB for 200,000 secrets of 256 bytes")
    }

    private func generate(_ totp: Totp, _ count: Int) {
        var sum = 0
        for second in 0..<count { sum += totp.generate(time: at(TimeInterval(second))).utf8.count }
        #expect(sum == 6 * count)
    }

    private func spent() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
    }

    /// What the process holds, in KiB.
    private func resident() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return Int(line.filter(\.isNumber)) ?? 0
    }
}
