package io.github.keyfob

import java.time.Duration
import java.time.Instant
import java.util.UUID
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

/** What is asked for reaches the engine, each field of it. */
class RequestsTest {
    private val clock = MovingClock()
    private val memory = MemoryStorage()
    private val outbox = Outbox()

    private fun service(policy: ServicePolicy? = null) =
        Service(keys(), memory, outbox, policy = policy, clock = clock)

    private fun refusal(work: () -> Any): KeyfobException = assertFailsWith<KeyfobException> { work() }

    @Test
    fun `a domain is changed in what is said, and the rest stays`() {
        val service = service()
        val policy = SimSwapPolicy(48, SimSwapAction.REFUSE, SimSwapAction.FLAG)
        val domain = service.createDomain("Bank", DomainSettings(policy, Duration.ofSeconds(30)))
        val created = service.viewDomain(domain)
        assertEquals(created, service.changeDomain(domain, DomainChange()))

        val hours = SimSwapEdit.Change(SimSwapChange(maxAgeHours = HoursEdit.Set(24)))
        val changed = service.changeDomain(domain, DomainChange(TextEdit.Set("New Bank"), hours))
        assertEquals(created.copy(name = "New Bank", simSwap = policy.copy(maxAgeHours = 24)), changed)
        val action = SimSwapChange(HoursEdit.Clear, onUnknown = SimSwapActionEdit.Set(SimSwapAction.NEXT_CHANNEL))
        val again = DomainChange(simSwap = SimSwapEdit.Change(action), fallbackAfter = DurationEdit.Set(Duration.ofSeconds(60)))
        service.changeDomain(domain, again)
        val view = service.viewDomain(domain)
        assertEquals(SimSwapPolicy(240, SimSwapAction.REFUSE, SimSwapAction.NEXT_CHANNEL), view.simSwap)
        assertEquals("New Bank" to Duration.ofSeconds(60), view.name to view.fallbackAfter)

        val cleared = DomainChange(TextEdit.Clear, SimSwapEdit.Clear, DurationEdit.Clear)
        val bare = service.changeDomain(domain, cleared)
        assertEquals(created.copy(name = null, simSwap = null, fallbackAfter = null), bare)
    }

    @Test
    fun `a limit counts by API key`() {
        val policy = ServicePolicy(traffic = TrafficPolicy(perApiKeyAndDay = Limit.AtMost(1u)))
        val service = service(policy)
        val domain = service.createDomain()
        fun send(to: String, key: String?) = service.send(domain, to, listOf(Channel.SMS), SendOptions(apiKey = key))
        send("+447700900121", "web")
        send("+447700900122", "app")
        send("+447700900123", null)
        assertEquals("api-key", (refusal { send("+447700900124", "web") } as KeyfobException.SendLimit).limit)
    }

    @Test
    fun `what is known of a number decides where nothing is sent`() {
        val service = service(ServicePolicy(traffic = TrafficPolicy(denied = listOf("GG"))))
        val domain = service.createDomain()
        fun send(known: Destination) =
            service.send(domain, PHONE, listOf(Channel.SMS), SendOptions(destination = known))
        assertEquals("premium-number", refusal { send(Destination("GB", premium = true)) }.code)
        assertEquals("destination-not-allowed", refusal { send(Destination("GG")) }.code)
        send(Destination("GB"))
    }

    @Test
    fun `an account is apart from others, and has hours of its own`() {
        val other = UUID.fromString("04040404-0404-0404-0404-040404040404")
        val policy = ServicePolicy(retention = RetentionPolicy(1, mapOf("$other" to 2)))
        val services = service(policy).let { listOf(it, it.forAccount(other)) }
        val (domain, theirs) = services.map { it.createDomain() }
        assertEquals("domain-not-found", refusal { services[1].viewDomain(domain) }.code)
        val sent = services[0].send(domain, PHONE, listOf(Channel.SMS))
        val theirSent = services[1].send(theirs, PHONE, listOf(Channel.SMS))
        assertEquals(listOf("${UUID(0, 0)}", "$other"), outbox.messages.map { it.account() })

        clock.now = clock.now.plus(Duration.ofMinutes(90))
        assertEquals("challenge-not-found", refusal { services[0].viewChallenge(sent.otpId) }.code)
        assertEquals("expired", services[1].viewChallenge(theirSent.otpId).status.code())
    }

    @Test
    fun `an enrolment says which codes it wants, and on whose behalf`() {
        val service = service()
        val domain = service.createDomain()
        val wanted = TotpParameters(Algorithm.SHA256, 8, Duration.ofSeconds(60))
        val options = UserOptions(algorithm = wanted.algorithm, digits = wanted.digits, period = wanted.period)
        val created = service.createUser(domain, "ann", options) as Created.Pending
        assertEquals(wanted, created.enrolment.parameters)
        val view = service.viewEnrolment(created.enrolment.ticket.expose())
        assertEquals(wanted to "${UUID(0, 0)}", view.parameters to view.account)
        assertEquals(wanted, service.viewUser(domain, "ann").parameters)
        assertEquals(wanted, service.openEnrolment(domain, "ann").parameters, "as before")
    }

    @Test
    fun `a Steam code counts within the window that is asked for`() {
        val before = Steam(secret()).generate(Instant.ofEpochSecond(START - 30))
        fun outcome(window: Window?) =
            Steam(secret(), window).verify(before, Instant.ofEpochSecond(START), TotpState()).code()
        assertEquals(listOf("accepted", "mismatch"), listOf(null, Window(0, 0)).map { outcome(it) })
    }
}
