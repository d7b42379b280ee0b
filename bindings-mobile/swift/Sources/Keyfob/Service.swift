import Foundation

/// The service over a storage of your own: users and their authenticator apps, codes that are sent
/// and verified. One object serves any number of threads.
///
/// Whatever ``Storage``, ``Delivery`` and ``SimSwapOperator`` throw becomes a
/// ``KeyfobError/failed(code:text:reason:)`` that names the reason, and nothing is accepted.
///
/// ```swift
/// let service = try Service(keys: Keys.generate(), storage: storage)
/// let domain = try service.createDomain(name: "Example Bank")
/// ```
public final class Service: Engine, @unchecked Sendable {
    /// A service with these keys over this storage.
    ///
    /// - Parameters:
    ///   - keys: The keys of the service.
    ///   - storage: Where its records are kept.
    ///   - delivery: How people are reached; without it nothing is sent.
    ///   - operator: Who knows whether a SIM changed; without it no SIM is checked.
    ///   - policy: What differs from what is usual.
    ///   - account: Sets the records of several tenants apart.
    ///   - replayFloor: The moment of the backup that the storage was restored from: what could
    ///     have been accepted up to then counts as used.
    ///   - clock: The time of the service; never one that a client sets.
    ///   - patience: How long a function of yours may take, in seconds and parts of them: any time
    ///     that is not nothing. With one, your functions run on threads of their own; without, on
    ///     the thread of the caller, for as long as they take.
    public init(
        keys: Keys, storage: any Storage, delivery: (any Delivery)? = nil,
        operator: (any SimSwapOperator)? = nil, policy: ServicePolicy? = nil, account: UUID? = nil,
        replayFloor: Date? = nil, clock: @escaping @Sendable () throws -> Date = { Date() },
        patience: TimeInterval? = nil
    ) throws {
        let patience = try patience.map(Patience.init)
        let engine = try Engine(
            keys: keys, storage: GuardedStorage(storage, patience),
            delivery: delivery.map { GuardedDelivery($0, patience) },
            operator: `operator`.map { GuardedOperator($0, patience) },
            policy: policy, account: account?.uuidString.lowercased(), replayFloor: replayFloor,
            clock: ClockTime(clock))
        super.init(unsafeFromHandle: engine.uniffiCloneHandle())
    }

    /// The same service for another account, whose records are apart. It outlives this one.
    public func forAccount(_ account: UUID) throws -> Service {
        let engine = try Engine.forAccount(engine: self, account: account.uuidString.lowercased())
        return Service(unsafeFromHandle: engine.uniffiCloneHandle())
    }

    @_documentation(visibility: private)
    public required init(unsafeFromHandle handle: UInt64) {
        super.init(unsafeFromHandle: handle)
    }
}

/// The service over a storage whose functions are asynchronous. As ``Service`` otherwise.
///
/// A call that has begun runs to its end, also when its task is cancelled: a code that is used up
/// is told as used up.
public final class AsyncService: AsyncEngine, @unchecked Sendable {
    /// A service with these keys over this storage.
    ///
    /// - Parameters:
    ///   - keys: The keys of the service.
    ///   - storage: Where its records are kept.
    ///   - delivery: How people are reached; without it nothing is sent.
    ///   - operator: Who knows whether a SIM changed; without it no SIM is checked.
    ///   - policy: What differs from what is usual.
    ///   - account: Sets the records of several tenants apart.
    ///   - replayFloor: The moment of the backup that the storage was restored from: what could
    ///     have been accepted up to then counts as used.
    ///   - clock: The time of the service; never one that a client sets.
    ///   - patience: How long a function of yours may take, even one that blocks its thread, in
    ///     seconds and parts of them: any time that is not nothing.
    public init(
        keys: Keys, storage: any AsyncStorage, delivery: (any AsyncDelivery)? = nil,
        operator: (any AsyncSimSwapOperator)? = nil, policy: ServicePolicy? = nil,
        account: UUID? = nil, replayFloor: Date? = nil,
        clock: @escaping @Sendable () throws -> Date = { Date() }, patience: TimeInterval = 10
    ) throws {
        let patience = try Patience(patience)
        let engine = try AsyncEngine(
            keys: keys, storage: GuardedAsyncStorage(storage, patience),
            delivery: delivery.map { GuardedAsyncDelivery($0, patience) },
            operator: `operator`.map { GuardedAsyncOperator($0, patience) },
            policy: policy, account: account?.uuidString.lowercased(), replayFloor: replayFloor,
            clock: ClockTime(clock))
        super.init(unsafeFromHandle: engine.uniffiCloneHandle())
    }

    /// The same service for another account, whose records are apart. It outlives this one.
    public func forAccount(_ account: UUID) throws -> AsyncService {
        let engine = try AsyncEngine.forAccount(engine: self, account: account.uuidString.lowercased())
        return AsyncService(unsafeFromHandle: engine.uniffiCloneHandle())
    }

    @_documentation(visibility: private)
    public required init(unsafeFromHandle handle: UInt64) {
        super.init(unsafeFromHandle: handle)
    }
}
