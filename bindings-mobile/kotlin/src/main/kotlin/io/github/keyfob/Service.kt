package io.github.keyfob

import java.time.Clock
import java.time.Duration
import java.time.Instant
import java.util.UUID

/**
 * The service over a storage of your own: users and their authenticator apps, codes that are sent
 * and verified. One object serves any number of threads.
 *
 * Whatever [storage][Storage], [delivery][Delivery] and [operator][SimSwapOperator] throw becomes
 * a [KeyfobException.Failed] that names the reason, and nothing is accepted.
 *
 * ```
 * val service = Service(Keys.generate(), storage)
 * val domain = service.createDomain("Example Bank")
 * ```
 */
public class Service private constructor(private val engine: Engine) :
    EngineInterface by engine, AutoCloseable by engine {

    /**
     * A service with these keys over this storage.
     *
     * @param delivery how people are reached; without it nothing is sent
     * @param operator who knows whether a SIM changed; without it no SIM is checked
     * @param policy what differs from what is usual
     * @param account sets the records of several tenants apart
     * @param replayFloor the moment of the backup that the storage was restored from: what could
     *   have been accepted up to then counts as used
     * @param clock the time of the service; never one that a client sets
     * @param patience how long a function of yours may take: any time that is not nothing. With one,
     *   your functions run on threads of their own; without, on the thread of the caller, for as long
     *   as they take
     */
    public constructor(
        keys: Keys,
        storage: Storage,
        delivery: Delivery? = null,
        operator: SimSwapOperator? = null,
        policy: ServicePolicy? = null,
        account: UUID? = null,
        replayFloor: Instant? = null,
        clock: Clock = Clock.systemUTC(),
        patience: Duration? = null,
    ) : this(
        Engine(
            keys,
            GuardedStorage(storage, patience?.let(::Patience)),
            delivery?.let { GuardedDelivery(it, patience?.let(::Patience)) },
            operator?.let { GuardedOperator(it, patience?.let(::Patience)) },
            policy,
            account?.toString(),
            replayFloor,
            ClockTime(clock),
        ),
    )

    /** The same service for another account, whose records are apart. It outlives this one. */
    public fun forAccount(account: UUID): Service = Service(Engine.forAccount(engine, account.toString()))

    override fun toString(): String = "Service(redacted)"
}

/**
 * The service over a storage whose functions suspend. As [Service] otherwise.
 *
 * Cancelling the coroutine of a call cancels what it waits for. Nothing is accepted then that was
 * not stored, and nothing is told.
 */
public class AsyncService private constructor(private val engine: AsyncEngine) :
    AsyncEngineInterface by engine, AutoCloseable by engine {

    /**
     * A service with these keys over this storage.
     *
     * @param delivery how people are reached; without it nothing is sent
     * @param operator who knows whether a SIM changed; without it no SIM is checked
     * @param policy what differs from what is usual
     * @param account sets the records of several tenants apart
     * @param replayFloor the moment of the backup that the storage was restored from: what could
     *   have been accepted up to then counts as used
     * @param clock the time of the service; never one that a client sets
     * @param patience how long a function of yours may take, even one that blocks its thread: any
     *   time that is not nothing
     */
    public constructor(
        keys: Keys,
        storage: AsyncStorage,
        delivery: AsyncDelivery? = null,
        operator: AsyncSimSwapOperator? = null,
        policy: ServicePolicy? = null,
        account: UUID? = null,
        replayFloor: Instant? = null,
        clock: Clock = Clock.systemUTC(),
        patience: Duration = Duration.ofSeconds(10),
    ) : this(
        AsyncEngine(
            keys,
            GuardedAsyncStorage(storage, Patience(patience)),
            delivery?.let { GuardedAsyncDelivery(it, Patience(patience)) },
            operator?.let { GuardedAsyncOperator(it, Patience(patience)) },
            policy,
            account?.toString(),
            replayFloor,
            ClockTime(clock),
        ),
    )

    /** The same service for another account, whose records are apart. It outlives this one. */
    public fun forAccount(account: UUID): AsyncService =
        AsyncService(AsyncEngine.forAccount(engine, account.toString()))

    override fun toString(): String = "AsyncService(redacted)"
}
