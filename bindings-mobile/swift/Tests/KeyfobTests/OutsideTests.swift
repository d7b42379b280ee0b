import Foundation
import Testing

import Keyfob

/// What an application's own functions may do: throw, block, lie. Nothing is accepted for it.
@Suite struct OutsideTests {
    private let memory = MemoryStorage()
    private let code: String
    private let domain: String

    init() throws {
        code = try Totp(secret: secret()).generate(time: at(15))
        let service = try Service(keys: keys(), storage: memory, clock: { at(15) })
        domain = try service.createDomain(name: "Example Bank")
        let options = UserOptions(secret: secret(), returnSecret: true)
        _ = try service.createUser(domain: domain, userId: "ann", options: options)
    }

    @Test("a storage that throws anything accepts nothing, and says what it threw") func throwing() async throws {
        let failures: [any Error] = [
            Said(description: "the disk is full"), PortError.unavailable(reason: "the disk is full"),
            NSError(domain: "the disk is full", code: 1),
        ]
        for failure in failures {
            for storage in [
                Altered(memory, load: { _, _ in throw failure }), Altered(memory, swap: { _, _, _, _ in throw failure }),
            ] {
                for refusal in [try refused(storage), try await refused(Waiting(storage))] {
                    #expect(refusal.code == "storage-unavailable")
                    #expect(reason(refusal).contains("the disk is full"), "\(refusal)")
                }
            }
        }
        let none = Altered(memory, load: { _, _ in throw PortError.notConfigured })
        #expect(try refused(none).code == "storage-unavailable")
        try stillGood()
    }

    @Test("a storage that blocks is given up, and accepts nothing") func blocking() async throws {
        let gate = DispatchSemaphore(value: 0)
        let blocked = Altered(memory, load: { _, _ in
            gate.wait()
            gate.signal()
            return nil
        })
        let began = Date()
        #expect(try refused(blocked, patience: 0.2).code == "storage-unavailable")
        for _ in 0..<8 { // more than there are cores
            #expect(try await reason(refused(Waiting(blocked), patience: 0.2)) == "no answer within 0.2 s")
        }
        #expect(Date().timeIntervalSince(began) < 20)
        gate.signal()
        try stillGood()
    }

    @Test("a storage that answers wrongly accepts nothing") func lying() throws {
        let garbage = Altered(memory, load: { _, _ in StoredRecord(version: 1, data: Data(0..<80)) })
        let empty = Altered(memory, load: { _, _ in StoredRecord(version: 0, data: Data()) })
        let misplaced = Altered(memory, load: { [memory] key, now in // one record for every key
            var other = key
            other[0] = UInt8(ascii: "d")
            return try memory.load(key: other, now: now)
                ?? memory.load(key: key, now: now).map { StoredRecord(version: $0.version + 1, data: $0.data) }
        })
        for storage in [garbage, empty, misplaced] { #expect(try refused(storage).code == "record-corrupt") }
        #expect(try refused(Altered(memory, swap: { _, _, _, _ in false })).code == "contention")
        try stillGood()
    }

    @Test("a sum that cannot be is no room to send") func sums() throws {
        let outbox = Outbox()
        let service = try Service(
            keys: keys(), storage: Altered(memory, add: { _, _ in -1 }), delivery: outbox, clock: { at(15) })
        #expect(try refusal { _ = try service.send(domain: domain, to: phone, channels: [.sms]) }.code == "storage-unavailable")
        #expect(outbox.messages.value.isEmpty)
    }

    @Test("a clock that throws, and one that is far off, end nothing") func clocks() throws {
        let broken = try Service(keys: keys(), storage: memory, clock: { throw Said(description: "no time") })
        let found = try refusal { _ = try broken.verifyTotp(domain: domain, userId: "ann", code: code) }
        #expect(reason(found).contains("no time"))
        for seconds in [-TimeInterval.infinity, .infinity, .nan, 1e300, -1e300] {
            let far = Date(timeIntervalSince1970: seconds)
            let service = try Service(keys: keys(), storage: memory, clock: { far })
            #expect(try !service.verifyTotp(domain: domain, userId: "ann", code: code).isAccepted())
            #expect(try Totp(secret: secret()).code(at: far).value.count == 6)
        }
    }

    @Test("what cannot be used is named, and no number ends the process") func unusable() throws {
        let works: [(String, () throws -> Void)] = [
            ("invalid-digits", { _ = try Totp(secret: secret(), digits: -1) }),
            ("invalid-period", { _ = try Totp(secret: secret(), period: 1.5) }),
            ("invalid-period", { _ = try Totp(secret: secret(), period: -1) }),
            ("invalid-period", { _ = try Totp(secret: secret(), period: .nan) }),
            ("invalid-period", { _ = try Totp(secret: secret(), period: .infinity) }),
            ("invalid-window", { _ = try Totp(secret: secret(), window: Window(before: -1, after: 1)) }),
            ("secret-empty", { _ = try Secret.fromBase32(text: "") }),
            ("qr-scale", { _ = try QrCode.encode(text: "a").png(scale: 0) }),
            ("invalid-key", { _ = try Keys(root: Data(count: 31), sealing: [1: Data(count: 32)]) }),
        ]
        for (code, work) in works {
            let found = try refusal(work)
            #expect(found.code == code)
            #expect(found.localizedDescription.hasSuffix(found.text))
        }
    }

    @Test("a delivery that throws has sent nothing, and is no storage") func lost() throws {
        final class Lost: Delivery {
            func deliver(message: Message) throws -> Receipt { throw Said(description: "the line is cut") }
        }
        let service = try Service(keys: keys(), storage: memory, delivery: Lost(), clock: { at(15) })
        let found = try refusal { _ = try service.send(domain: domain, to: phone, channels: [.sms]) }
        #expect(found.code == "provider-unavailable" && reason(found).contains("the line is cut"))
    }

    @Test("of several failures the reason is that of the one that is told") func several() throws {
        final class None: Delivery {
            func deliver(message: Message) throws -> Receipt { throw PortError.notConfigured }
        }
        let leaking = Altered(memory, add: { _, amount in // what was taken for the message is not given back
            guard amount >= 0 else { throw Said(description: "the disk is full") }
            return amount
        })
        let service = try Service(keys: keys(), storage: leaking, delivery: None(), clock: { at(15) })
        let found = try refusal { _ = try service.send(domain: domain, to: phone, channels: [.sms]) }
        #expect(found.code == "channel-not-configured" && reason(found).contains("a `delivery` for this channel"), "\(found)")
    }

    @Test("calls go on while one waits") func others() async throws {
        let (reached, gate) = (Gate(), Gate())
        let service = try AsyncService(
            keys: keys(), storage: FirstWaits(memory, reached, gate), clock: { at(15) }, patience: 60)
        let first = Task { try await service.verifyTotp(domain: domain, userId: "ann", code: code) }
        #expect(await reached.isOpen(within: 20))
        let done = Gate()
        let second = Task {
            defer { done.open() }
            return try await service.verifyTotp(domain: domain, userId: "ann", code: wrong(code))
        }
        #expect(await done.isOpen(within: 20))
        gate.open() // and if the second waited, too, both end now
        #expect(try await second.value.code() == "mismatch")
        #expect(try await first.value == .accepted)
    }

    @Test("patience is some time, and no number ends the process") func patience() async throws {
        for length in [0, -1, .nan, -.infinity] as [TimeInterval] {
            let works: [() throws -> Void] = [
                { _ = try Service(keys: keys(), storage: memory, patience: length) },
                { _ = try AsyncService(keys: keys(), storage: Waiting(memory), patience: length) },
            ]
            for work in works {
                guard case .invalid("invalid-argument", _, "patience", nil, nil) = try refusal(work) else {
                    throw Said(description: "\(length) is refused by another name")
                }
            }
        }
        for length in [1e15, .greatestFiniteMagnitude, .infinity] as [TimeInterval] {
            let service = try Service(keys: keys(), storage: memory, clock: { at(15) }, patience: length)
            #expect(try service.viewUser(domain: domain, userId: "ann").failures == 0)
            let waiting = try AsyncService(
                keys: keys(), storage: Waiting(memory), clock: { at(15) }, patience: length)
            #expect(try await waiting.viewUser(domain: domain, userId: "ann").failures == 0)
        }
        try stillGood()
    }

    private func stillGood() throws {
        let service = try Service(keys: keys(), storage: memory, clock: { at(15) })
        #expect(try service.verifyTotp(domain: domain, userId: "ann", code: code) == .accepted)
    }

    private func refused(_ storage: any Storage, patience: TimeInterval? = nil) throws -> KeyfobError {
        let service = try Service(keys: keys(), storage: storage, clock: { at(15) }, patience: patience)
        return try refusal { _ = try service.verifyTotp(domain: domain, userId: "ann", code: code) }
    }

    private func refused(_ storage: any AsyncStorage, patience: TimeInterval = 20) async throws -> KeyfobError {
        let service = try AsyncService(keys: keys(), storage: storage, clock: { at(15) }, patience: patience)
        do {
            let outcome = try await service.verifyTotp(domain: domain, userId: "ann", code: code)
            throw Said(description: "no error but \(outcome)")
        } catch let error as KeyfobError { return error }
    }
}

/// A storage whose first load waits at a gate.
private final class FirstWaits: AsyncStorage {
    private let storage: MemoryStorage
    private let reached: Gate
    private let gate: Gate

    init(_ storage: MemoryStorage, _ reached: Gate, _ gate: Gate) {
        (self.storage, self.reached, self.gate) = (storage, reached, gate)
    }

    func load(key: Data, now: Date) async throws -> StoredRecord? {
        if reached.open() { _ = await gate.isOpen(within: 60) }
        return try storage.load(key: key, now: now)
    }

    func swap(key: Data, expected: Int64?, record: WrittenRecord?, now: Date) async throws -> Bool {
        try storage.swap(key: key, expected: expected, record: record, now: now)
    }

    func add(key: Data, amount: Int64, expiresAt: Date, now: Date) async throws -> Int64 {
        try storage.add(key: key, amount: amount, expiresAt: expiresAt, now: now)
    }
}

/// What is waited at until somebody opens it.
private final class Gate: Sendable {
    private let opened = Held(false)

    /// Whether it was shut until now.
    @discardableResult func open() -> Bool {
        opened.change { opened in
            defer { opened = true }
            return !opened
        }
    }

    /// Whether it opens in so many seconds.
    func isOpen(within seconds: Int) async -> Bool {
        for _ in 0..<(seconds * 100) where !opened.value { try? await Task.sleep(nanoseconds: 10_000_000) }
        return opened.value
    }
}

func refusal(_ work: () throws -> Void) throws -> KeyfobError {
    do { try work() } catch let error as KeyfobError { return error }
    throw Said(description: "no error")
}

func reason(_ error: KeyfobError) -> String {
    if case .failed(_, _, let reason) = error { reason ?? "" } else { "" }
}
