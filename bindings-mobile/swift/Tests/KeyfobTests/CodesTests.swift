import Foundation
import Testing

import Keyfob

@Suite struct CodesTests {
    @Test("a code is used once, and what is remembered says so")
    func once() throws {
        let totp = try Totp(secret: Secret.generate())
        let now = Date()
        guard case .accepted(let step, _, let state) =
            totp.verify(code: totp.generate(time: now), time: now, state: TotpState())
        else { throw Unexpected() }
        #expect(totp.verify(code: totp.generate(time: now), time: now, state: state) == .replayed(step: step))
        #expect(totp.verify(code: "what a user typed", time: now, state: state) == .malformed)
    }

    @Test("a number that does not fit is refused by name and never becomes another") func numbers() throws {
        for number in [-1, 128, 200] as [Int32] {
            #expect(codeOf { try Totp(secret: secret(), driftLimit: number) } == "invalid-window")
            #expect(codeOf { try NewRecoveryCodes.generate(count: number) } == "invalid-recovery-count")
        }
        for pixels in [-1, 0, 65_536] as [Int32] {
            #expect(codeOf { try QrCode.encode(text: "a").svg(pixels: pixels) } == "qr-pixels")
        }
        #expect(codeOf { try QrCode.encode(text: "a").png(scale: 0) } == "qr-scale")
    }
}

/// The word of the error that a work ends with.
func codeOf(_ work: () throws -> Any) -> String? {
    do {
        _ = try work()
        return nil
    } catch {
        return (error as? KeyfobError)?.code
    }
}

struct Unexpected: Error {}

@Suite struct StreamTests {
    @Test("a clock that is set takes the codes along, and a tick without a new code is none") func follows() async throws {
        let totp = try Totp(secret: secret())
        let clock = Held(at(0))
        let (ticks, send) = AsyncStream.makeStream(of: TimeInterval.self)
        for second in [0, 1, 29, 30, 31, -3600] as [TimeInterval] { send.yield(second) }
        send.finish()
        let moving = ticks.map { second in clock.value = at(second) }
        var seen: [Code] = []
        for await code in totp.codes(clock: { clock.value }, ticker: moving) { seen.append(code) }
        #expect(seen == [0, 30, -3600].map { totp.code(at: at($0)) })
        #expect(seen.map(\.validUntil) == [at(30), at(60), at(-3570)])
        #expect(seen[0].remaining(at: at(12)) == 18 && seen[0].remaining(at: at(99)) == 0)
    }

    @Test("codes come as their time comes, until the task is cancelled", .timeLimit(.minutes(1))) func ticks() async throws {
        let totp = try Totp(secret: secret(), period: 1)
        let offset = at(0).timeIntervalSince(Date())
        let clock: @Sendable () -> Date = { Date().addingTimeInterval(offset) }
        let reading = Task {
            var seen: [Code] = []
            for await code in totp.codes(clock: clock) {
                seen.append(code)
                if seen.count == 3 { withUnsafeCurrentTask { $0?.cancel() } }
            }
            return seen
        }
        let seen = await reading.value
        #expect(seen.count == 3)
        for (code, next) in zip(seen, seen.dropFirst()) {
            #expect(code.validUntil < next.validUntil)
            #expect(next == totp.code(at: next.validUntil.addingTimeInterval(-1)))
        }
    }
}
