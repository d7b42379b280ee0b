import Foundation

import Keyfob

// What the tests share: a service whose outside world stands still until it is moved.

let start: TimeInterval = 1_800_000_000
let base32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
let phone = "+447700900121"

func secret() -> Secret { try! Secret.fromBase32(text: base32) }

func keys() -> Keys {
    try! Keys(root: Data(repeating: 77, count: 32), sealing: [1: Data(repeating: 78, count: 32)])
}

func at(_ seconds: TimeInterval) -> Date { Date(timeIntervalSince1970: start + seconds) }

/// A code that differs in its first character.
func wrong(_ code: String) -> String { (code.first == "0" ? "1" : "0") + code.dropFirst() }

/// What is held behind a lock.
final class Held<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var held: Value

    init(_ value: Value) { held = value }

    var value: Value {
        get { lock.withLock { held } }
        set { lock.withLock { held = newValue } }
    }

    func change<T>(_ work: (inout Value) -> T) -> T { lock.withLock { work(&held) } }
}

/// A storage as the contract has it.
final class MemoryStorage: Storage {
    struct Contents: Sendable {
        var records: [Data: WrittenRecord] = [:]
        var counters: [Data: (sum: Int64, end: Date)] = [:]

        func record(_ key: Data, _ now: Date) -> WrittenRecord? {
            records[key].flatMap { record in record.expiresAt.map { now < $0 } ?? true ? record : nil }
        }
    }

    let contents: Held<Contents>

    init(_ contents: Contents = Contents()) { self.contents = Held(contents) }

    func load(key: Data, now: Date) throws -> StoredRecord? {
        contents.value.record(key, now).map { StoredRecord(version: $0.version, data: $0.data) }
    }

    func swap(key: Data, expected: Int64?, record: WrittenRecord?, now: Date) throws -> Bool {
        contents.change { contents in
            guard contents.record(key, now)?.version == expected else { return false }
            contents.records[key] = record
            return true
        }
    }

    func add(key: Data, amount: Int64, expiresAt: Date, now: Date) throws -> Int64 {
        contents.change { contents in
            let counter = contents.counters[key].flatMap { now < $0.end ? $0 : nil } ?? (sum: 0, end: expiresAt)
            let sum = max(0, counter.sum + amount)
            contents.counters[key] = (sum, counter.end)
            return sum
        }
    }
}

/// A storage of which some functions are others.
final class Altered: Storage {
    typealias Load = @Sendable (Data, Date) throws -> StoredRecord?
    typealias Swap = @Sendable (Data, Int64?, WrittenRecord?, Date) throws -> Bool
    typealias Add = @Sendable (Data, Int64) throws -> Int64
    private let storage: MemoryStorage
    private let loading: Load?
    private let swapping: Swap?
    private let adding: Add?

    init(_ storage: MemoryStorage, load: Load? = nil, swap: Swap? = nil, add: Add? = nil) {
        (self.storage, loading, swapping, adding) = (storage, load, swap, add)
    }

    func load(key: Data, now: Date) throws -> StoredRecord? {
        try loading.map { try $0(key, now) } ?? storage.load(key: key, now: now)
    }

    func swap(key: Data, expected: Int64?, record: WrittenRecord?, now: Date) throws -> Bool {
        try swapping.map { try $0(key, expected, record, now) }
            ?? storage.swap(key: key, expected: expected, record: record, now: now)
    }

    func add(key: Data, amount: Int64, expiresAt: Date, now: Date) throws -> Int64 {
        try adding.map { try $0(key, amount) }
            ?? storage.add(key: key, amount: amount, expiresAt: expiresAt, now: now)
    }
}

/// A storage as functions that wait, and let others go first.
final class Waiting: AsyncStorage {
    private let storage: any Storage
    private let pause: TimeInterval

    init(_ storage: any Storage, pause: TimeInterval = 0) { (self.storage, self.pause) = (storage, pause) }

    func load(key: Data, now: Date) async throws -> StoredRecord? {
        let found = try storage.load(key: key, now: now)
        if pause > 0 { try await Task.sleep(nanoseconds: UInt64(pause * 1e9)) } else { await Task.yield() }
        return found
    }

    func swap(key: Data, expected: Int64?, record: WrittenRecord?, now: Date) async throws -> Bool {
        try storage.swap(key: key, expected: expected, record: record, now: now)
    }

    func add(key: Data, amount: Int64, expiresAt: Date, now: Date) async throws -> Int64 {
        try storage.add(key: key, amount: amount, expiresAt: expiresAt, now: now)
    }
}

/// A delivery that keeps what it is given.
final class Outbox: Delivery {
    let channels = Held<[Channel]>([.sms, .voice, .email])
    let messages = Held<[Message]>([])

    func deliver(message: Message) throws -> Receipt {
        guard channels.value.contains(message.channel()) else { throw PortError.notConfigured }
        messages.change { $0.append(message) }
        return .queued
    }

    /// The code in the last message.
    var code: String { messages.value.last!.exposeCode() }
}

final class Operator: SimSwapOperator {
    let answer = Held(SimSwap.notSwapped)

    func simSwap(phone: String, maxAgeHours: Int32) throws -> SimSwap { answer.value }
}

struct Said: Error, CustomStringConvertible {
    let description: String
}
