package io.github.keyfob

import java.time.Duration
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

/** What cannot be used is named as it was given, with the whole way to it. */
class NamesTest {
    private val service = service()
    private val domain = service.createDomain()
    private val half = Duration.ofMillis(500)
    private val minuteAndHalf = Duration.ofSeconds(60).plus(half)
    private val negative = Duration.ofSeconds(-60)

    private fun service(policy: ServicePolicy? = null) =
        Service(keys(), MemoryStorage(), Outbox(), policy = policy, clock = MovingClock())

    private fun fault(work: () -> Any): Pair<String, String> =
        assertFailsWith<KeyfobException.Invalid> { work() }.let { it.code to it.argument }

    private fun user(options: UserOptions) = service.createUser(domain, "ann", options)

    private fun send(options: SendOptions) = service.send(domain, PHONE, listOf(Channel.SMS), options)

    @Test
    fun `a length that is no whole number of seconds is refused by name`() {
        for (length in listOf(half, minuteAndHalf, negative)) {
            val faults = listOf<Pair<Pair<String, String>, () -> Any>>(
                ("invalid-period" to "period") to { Totp(secret(), period = length) },
                ("invalid-period" to "period") to { Enrolment.totp(secret(), "ann", period = length) },
                ("invalid-period" to "options.period") to { user(UserOptions(period = length)) },
                ("invalid-expiry" to "options.lifetime") to { send(SendOptions(lifetime = length)) },
                ("invalid-fallback-after" to "options.fallbackAfter") to { send(SendOptions(fallbackAfter = length)) },
                ("invalid-fallback-after" to "options.fallbackAfter") to
                    { service.createDomain("Bank", DomainSettings(fallbackAfter = length)) },
                ("invalid-fallback-after" to "change.fallbackAfter") to
                    { service.changeDomain(domain, DomainChange(fallbackAfter = DurationEdit.Set(length))) },
                ("invalid-expiry" to "policy.defaultLifetime") to { service(ServicePolicy(defaultLifetime = length)) },
                ("invalid-enrolment-lifetime" to "policy.enrolmentLifetime") to
                    { service(ServicePolicy(enrolmentLifetime = length)) },
                ("invalid-attempts" to "policy.attempts.firstBlock") to
                    { service(ServicePolicy(attempts = AttemptPolicy(firstBlock = length))) },
                ("invalid-attempts" to "policy.attempts.longestBlock") to
                    { service(ServicePolicy(attempts = AttemptPolicy(longestBlock = length))) },
                ("invalid-send-window" to "policy.sends.perRecipient[1].span") to
                    { service(ServicePolicy(sends = SendPolicy(listOf(Duration.ofSeconds(1), length).map { SendWindow(it, 1u) }))) },
                ("invalid-argument" to "policy.simSwap.cache") to
                    { service(ServicePolicy(simSwap = SimSwapCoverage(cache = length))) },
            )
            for ((expected, work) in faults) assertEquals(expected, fault(work), "$length")
        }
    }

    @Test
    fun `what cannot be used is named with the whole way to it`() {
        val faults = mapOf<Pair<String, String>, () -> Any>(
            ("invalid-digits" to "digits") to { Totp(secret(), digits = 9) },
            ("invalid-window" to "driftLimit") to { Totp(secret(), driftLimit = 128) },
            ("invalid-window" to "lookAhead") to { Hotp(secret()).verify("123456", 0u, 101) },
            ("invalid-key" to "sealing[7]") to { Keys(ByteArray(32), mapOf(7u to ByteArray(31))) },
            ("invalid-recovery-hash" to "entries[1].hash") to
                { RecoverySet.fromEntries(listOf(32, 31).map { RecoveryEntry(ByteArray(it), false) }) },
            ("invalid-user-id" to "userId") to { service.createUser(domain, "") },
            ("invalid-name" to "name") to { service.createDomain("a:b") },
            ("invalid-name" to "change.name") to { service.changeDomain(domain, DomainChange(TextEdit.Set(""))) },
            ("secret-too-short" to "options.secret") to { user(UserOptions(secret = Secret.fromBytes(ByteArray(10)))) },
            ("invalid-channel" to "channels") to { service.send(domain, PHONE, listOf()) },
            ("invalid-expiry" to "options.lifetime") to { send(SendOptions(lifetime = Duration.ofSeconds(29))) },
            ("invalid-max-age" to "options.simSwap.maxAgeHours") to { send(SendOptions(simSwap = SimSwapPolicy(0))) },
            ("invalid-message-id" to "message") to { service.wanted(send(SendOptions()).otpId, "0a0a") },
            ("invalid-max-age" to "maxAgeHours") to { service.checkSimSwap(PHONE, 0) },
            ("invalid-client-address" to "options.client") to { send(SendOptions(client = "nowhere")) },
            ("invalid-window" to "policy.window") to { service(ServicePolicy(window = Window(-1, 1))) },
            ("invalid-attempts" to "policy.attempts") to { service(ServicePolicy(attempts = AttemptPolicy(101))) },
            ("invalid-send-window" to "policy.sends.perRecipient[0].span") to
                { service(ServicePolicy(sends = SendPolicy(listOf(SendWindow(Duration.ZERO, 1u))))) },
            ("invalid-place" to "policy.traffic.allowed[1]") to
                { service(ServicePolicy(traffic = TrafficPolicy(allowed = listOf("GB", "?")))) },
            ("invalid-place" to "policy.traffic.prices.places[0].place") to
                { service(ServicePolicy(traffic = TrafficPolicy(prices = Prices(places = listOf(PlacePrice("?", 1u)))))) },
            ("invalid-percent" to "policy.traffic.breaker.verified") to
                { service(ServicePolicy(traffic = TrafficPolicy(breaker = BreakerPolicy.On(verified = 101)))) },
            ("invalid-prefix" to "policy.simSwap.prefixes[0]") to
                { service(ServicePolicy(simSwap = SimSwapCoverage(listOf("44")))) },
            ("invalid-retention" to "policy.retention.hours") to
                { service(ServicePolicy(retention = RetentionPolicy(25))) },
            ("invalid-account" to "policy.retention.accounts") to
                { service(ServicePolicy(retention = RetentionPolicy(accounts = mapOf("nobody" to 1)))) },
        )
        for ((expected, work) in faults) assertEquals(expected, fault(work))
    }
}
