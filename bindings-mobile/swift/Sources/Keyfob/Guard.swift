import Dispatch
import Foundation

// Nothing that an application's function does may look like an answer, and with patience silence
// becomes a `PortError`, too. What it throws becomes one in the generated sources.

/// How long is waited, in seconds: some time, and no longer than a hundred years, which a timer still
/// counts.
struct Patience: Sendable {
    let seconds: TimeInterval

    /// Refuses what is no time by name.
    init(_ seconds: TimeInterval) throws {
        guard seconds > 0 else { // nor is what is no number
            throw KeyfobError.invalid(
                code: "invalid-argument", text: "give a length of time that is more than nothing",
                argument: "patience", position: nil, index: nil)
        }
        self.seconds = min(seconds, 36_500 * 86_400)
    }
}

/// Runs a function of the application; with patience on a thread of its own, so that one that
/// blocks holds nobody up.
private func guarded<T: Sendable>(
    _ patience: Patience?, _ work: @escaping @Sendable () throws -> T
) throws -> T {
    guard let patience else { return try work() }
    let answer = Answer<T>()
    let given = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
        answer.settle(Result(catching: work))
        given.signal()
    }
    _ = given.wait(timeout: .now() + patience.seconds)
    return try answer.value(or: tooSlow(patience))
}

/// As above, for one that is asynchronous; or that should be, and blocks.
private func guarded<T: Sendable>(
    _ patience: Patience, _ work: @escaping @Sendable () async throws -> T
) async throws -> T {
    let answer = Answer<T>()
    let timer = DispatchSource.makeTimerSource()
    timer.setEventHandler { answer.settle(.failure(tooSlow(patience))) }
    timer.schedule(deadline: .now() + patience.seconds)
    let task = detached {
        do { answer.settle(.success(try await work())) } catch { answer.settle(.failure(error)) }
    }
    defer {
        timer.cancel()
        task.cancel()
    }
    return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { waiting in
            answer.handOver(to: waiting)
            timer.resume()
        }
    } onCancel: {
        answer.settle(.failure(CancellationError()))
    }
}

/// A task whose functions run where a blocked one takes no thread from the rest of the program;
/// systems from before 2024 have no such place.
private func detached(_ work: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
    if #available(macOS 15, iOS 18, tvOS 18, watchOS 11, *) {
        return Task.detached(executorPreference: Threads.shared, operation: work)
    }
    return Task.detached(operation: work)
}

@available(macOS 15, iOS 18, tvOS 18, watchOS 11, *)
private final class Threads: TaskExecutor {
    static let shared = Threads()
    private let queue = DispatchQueue(label: "keyfob", attributes: .concurrent)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// The first of several answers.
private final class Answer<T: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var first: Result<T, any Error>?
    private var waiting: CheckedContinuation<T, any Error>?

    func settle(_ answer: Result<T, any Error>) {
        let told: CheckedContinuation<T, any Error>? = lock.withLock {
            guard first == nil else { return nil }
            first = answer
            return waiting
        }
        told?.resume(with: answer)
    }

    func handOver(to continuation: CheckedContinuation<T, any Error>) {
        let settled: Result<T, any Error>? = lock.withLock {
            waiting = continuation
            return first
        }
        if let settled { continuation.resume(with: settled) }
    }

    func value(or failure: any Error) throws -> T {
        try lock.withLock { first ?? .failure(failure) }.get()
    }
}

private func tooSlow(_ patience: Patience) -> PortError {
    .unavailable(reason: "no answer within \(patience.seconds) s")
}

final class ClockTime: TimeSource {
    private let clock: @Sendable () throws -> Date

    init(_ clock: @escaping @Sendable () throws -> Date) { self.clock = clock }

    func now() throws -> Date { try clock() }
}

final class GuardedStorage: Storage {
    private let storage: any Storage
    private let patience: Patience?

    init(_ storage: any Storage, _ patience: Patience?) {
        (self.storage, self.patience) = (storage, patience)
    }

    func load(key: Data, now: Date) throws -> StoredRecord? {
        try guarded(patience) { [storage] in try storage.load(key: key, now: now) }
    }

    func swap(key: Data, expected: Int64?, record: WrittenRecord?, now: Date) throws -> Bool {
        try guarded(patience) { [storage] in
            try storage.swap(key: key, expected: expected, record: record, now: now)
        }
    }

    func add(key: Data, amount: Int64, expiresAt: Date, now: Date) throws -> Int64 {
        try guarded(patience) { [storage] in
            try storage.add(key: key, amount: amount, expiresAt: expiresAt, now: now)
        }
    }
}

final class GuardedDelivery: Delivery {
    private let delivery: any Delivery
    private let patience: Patience?

    init(_ delivery: any Delivery, _ patience: Patience?) {
        (self.delivery, self.patience) = (delivery, patience)
    }

    func deliver(message: Message) throws -> Receipt {
        try guarded(patience) { [delivery] in try delivery.deliver(message: message) }
    }
}

final class GuardedOperator: SimSwapOperator {
    private let asked: any SimSwapOperator
    private let patience: Patience?

    init(_ asked: any SimSwapOperator, _ patience: Patience?) {
        (self.asked, self.patience) = (asked, patience)
    }

    func simSwap(phone: String, maxAgeHours: Int32) throws -> SimSwap {
        try guarded(patience) { [asked] in
            try asked.simSwap(phone: phone, maxAgeHours: maxAgeHours)
        }
    }
}

final class GuardedAsyncStorage: AsyncStorage {
    private let storage: any AsyncStorage
    private let patience: Patience

    init(_ storage: any AsyncStorage, _ patience: Patience) {
        (self.storage, self.patience) = (storage, patience)
    }

    func load(key: Data, now: Date) async throws -> StoredRecord? {
        try await guarded(patience) { [storage] in try await storage.load(key: key, now: now) }
    }

    func swap(key: Data, expected: Int64?, record: WrittenRecord?, now: Date) async throws -> Bool {
        try await guarded(patience) { [storage] in
            try await storage.swap(key: key, expected: expected, record: record, now: now)
        }
    }

    func add(key: Data, amount: Int64, expiresAt: Date, now: Date) async throws -> Int64 {
        try await guarded(patience) { [storage] in
            try await storage.add(key: key, amount: amount, expiresAt: expiresAt, now: now)
        }
    }
}

final class GuardedAsyncDelivery: AsyncDelivery {
    private let delivery: any AsyncDelivery
    private let patience: Patience

    init(_ delivery: any AsyncDelivery, _ patience: Patience) {
        (self.delivery, self.patience) = (delivery, patience)
    }

    func deliver(message: Message) async throws -> Receipt {
        try await guarded(patience) { [delivery] in try await delivery.deliver(message: message) }
    }
}

final class GuardedAsyncOperator: AsyncSimSwapOperator {
    private let asked: any AsyncSimSwapOperator
    private let patience: Patience

    init(_ asked: any AsyncSimSwapOperator, _ patience: Patience) {
        (self.asked, self.patience) = (asked, patience)
    }

    func simSwap(phone: String, maxAgeHours: Int32) async throws -> SimSwap {
        try await guarded(patience) { [asked] in
            try await asked.simSwap(phone: phone, maxAgeHours: maxAgeHours)
        }
    }
}
