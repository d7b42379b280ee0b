package io.github.keyfob

import java.time.Duration
import java.time.Instant
import java.util.UUID
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject

/** The scripted flows that every language runs: what the service promises, step by step. */
class FlowsTest {
    @Test
    fun `every scripted flow goes as written`() = run("flows.json") { Stage { service(it) } }

    @Test
    fun `every scripted flow goes as written over functions that suspend`() =
        run("flows.json, suspending,") { Stage { Awaited(asyncService(it)) } }

    private fun run(name: String, stage: () -> Stage) {
        val cases = cases("flows.json")
        for (case in cases) {
            val played = stage()
            (case.getValue("steps") as JsonArray).forEachIndexed { number, step ->
                step as JsonObject
                val answer = played.play(step)
                val place = "${case.text("id")}, step $number: $step came to $answer"
                val expected = step["expect"] as? JsonObject ?: JsonObject(emptyMap())
                assertEquals("error" in expected, "error" in answer, place)
                for ((field, value) in expected) assertEquals(value, element(answer[field]), "$field of $place")
            }
        }
        println("$name ${cases.size}/${total("flows.json")}")
        assertEquals(total("flows.json"), cases.size)
    }
}

private fun Stage.service(account: Byte): EngineInterface =
    Service(keys(), storage, outbox, operator, policy, account(account), floor, clock)

private fun Stage.asyncService(account: Byte): AsyncEngineInterface {
    val delivery = object : AsyncDelivery {
        override suspend fun deliver(message: Message) = outbox.deliver(message)
    }
    val operator = object : AsyncSimSwapOperator {
        override suspend fun simSwap(phone: String, maxAgeHours: Int) = sim
    }
    return AsyncService(keys(), Suspending(storage), delivery, operator, policy, account(account), floor, clock)
}

private fun account(number: Byte): UUID {
    val half = ByteArray(8) { number }.fold(0L) { sum, byte -> (sum shl 8) or byte.toLong() }
    return UUID(half, half)
}

/** One case: a service with one domain, and what the case gave names to. */
internal class Stage(private val open: Stage.(Byte) -> EngineInterface) {
    var storage = MemoryStorage()
    val outbox = Outbox()
    val clock = MovingClock(Instant.ofEpochSecond(START))
    var sim = SimSwap.NOT_SWAPPED
    val operator = object : SimSwapOperator {
        override fun simSwap(phone: String, maxAgeHours: Int) = sim
    }
    var policy = ServicePolicy()
    var floor: Instant? = null
    private val tickets = HashMap<String, String>()
    private val challenges = HashMap<String, Pair<String, MutableList<Message>>>()
    private var backup: MemoryStorage? = null
    private var domain = open(3).createDomain("Example Bank")

    fun play(step: JsonObject): Map<String, Any?> {
        clock.now = Instant.ofEpochSecond(START + step.text("at").toLong())
        val service = open(if (step["account"]?.string() == "other") 4 else 3)
        return try {
            perform(service, step)
        } catch (error: KeyfobException) {
            refusal(error)
        }
    }

    private fun perform(service: EngineInterface, step: JsonObject): Map<String, Any?> {
        when (step.text("do")) {
            "create-domain" -> {
                val settings = DomainSettings(policy(step["sim_swap"]), step.seconds("fallback_after"))
                domain = service.createDomain(step["name"]?.string(), settings)
            }
            "view-domain" -> return shown(service.viewDomain(domain))
            "change-domain" -> {
                val change = change(step.getValue("change") as JsonObject)
                return shown(service.changeDomain(domain, change))
            }
            "create-user" -> {
                val returned = step["enrolled"]?.string() != "false"
                val options = UserOptions(secret = Secret.fromBase32(step.text("secret")), returnSecret = returned)
                val created = service.createUser(domain, step.text("user"), options)
                if (created is Created.Pending) tickets[step.text("ticket")] = created.enrolment.ticket.expose()
            }
            "open-enrolment" -> {
                val revoke = step["revoke"]?.string() == "true"
                val options = EnrolmentOptions(secret = Secret.fromBase32(step.text("secret")), revoke = revoke)
                val opened = service.openEnrolment(domain, step.text("user"), options)
                tickets[step.text("ticket")] = opened.ticket.expose()
            }
            "view-enrolment" -> {
                val view = service.viewEnrolment(ticket(step))
                val secret = view.secret.exposeBase32()
                return mapOf("secret" to secret, "issuer" to view.issuer, "expires_at" to since(view.expiresAt))
            }
            "confirm-enrolment" -> return outcome(service.confirmEnrolment(ticket(step), step.text("code")))
            "verify-totp" -> return outcome(service.verifyTotp(domain, step.text("user"), step.text("code")))
            "view-user" -> {
                val user = service.viewUser(domain, step.text("user"))
                val until = since((user.status as? UserStatus.Blocked)?.until)
                return mapOf("status" to user.status.code(), "failures" to user.failures, "until" to until)
            }
            "delete-user" -> service.deleteUser(domain, step.text("user"))
            "erase-user" -> service.eraseUser(domain, step.text("user"))
            "erase-recipient" -> service.eraseRecipient(domain, step.text("to"))
            "send" -> return send(service, step)
            "resend" -> {
                val (otpId, messages) = challenge(step)
                val sent = service.resend(otpId, step["channel"]?.let { channel(it.string()) })
                messages.add(outbox.messages.last())
                return answer(sent)
            }
            "verify" -> {
                val (otpId, messages) = challenge(step)
                val code = when (step.text("code")) {
                    "sent" -> messages.last().exposeCode()
                    "previous" -> messages.takeLast(2).first().exposeCode()
                    "wrong" -> wrong(messages.last().exposeCode())
                    "short" -> messages.last().exposeCode().drop(1)
                    else -> error("no such code: $step")
                }
                return outcome(service.verify(otpId, code, step.words("context")))
            }
            "cancel" -> service.cancel(challenge(step).first)
            "view-challenge" -> {
                val view = service.viewChallenge(challenge(step).first)
                return mapOf(
                    "status" to view.status.code(),
                    "channel" to view.channel.code(),
                    "delivery" to view.delivery.code(),
                    "attempts_left" to view.attemptsLeft,
                )
            }
            "delivery-report" -> {
                val state = DeliveryState.entries.first { it.code() == step.text("state") }
                val (otpId, message) = message(step)
                return mapOf("news" to service.deliveryReport(otpId, message, channel(step.text("channel")), state))
            }
            "wanted" -> {
                val (otpId, message) = message(step)
                return mapOf("wanted" to service.wanted(otpId, message).code())
            }
            "fall-back" -> {
                val (otpId, message) = message(step)
                val way = service.fallBack(otpId, message, channel(step.text("channel")))
                return mapOf("way" to way.code(), "reason" to (way as? Way.Closed)?.code)
            }
            "check-sim-swap" -> {
                val check = service.checkSimSwap(step.text("to"), step.int("max_age_hours"))
                val (answer, source) = check.answer.code() to check.source.code()
                return mapOf("answer" to answer, "source" to source, "checked_at" to since(check.checkedAt))
            }
            "configure" -> outbox.channels = channels(step).toSet()
            "sim" -> sim = SimSwap.entries.first { it.code() == step.text("sim") }
            "policy" -> {
                val before = policy
                policy = servicePolicy(step.getValue("policy") as JsonObject)
                runCatching { open(3) }.onFailure { policy = before }.getOrThrow()
            }
            "backup" -> backup = storage.copy()
            "restore" -> {
                storage = backup!!
                floor = clock.now
            }
            "empty" -> assertEquals(1, storage.size, "the domain alone is left")
            else -> error("no such step: $step")
        }
        return emptyMap()
    }

    private fun send(service: EngineInterface, step: JsonObject): Map<String, Any?> {
        val options = SendOptions(
            language = step["language"]?.string(),
            lifetime = step.seconds("expiry"),
            context = step.words("context"),
            simSwap = policy(step["sim_swap"]),
            client = step["client"]?.string(),
        )
        val sent = service.send(domain, step.text("to"), channels(step), options)
        challenges[step.text("otp")] = sent.otpId to mutableListOf(outbox.messages.last())
        return answer(sent)
    }

    private fun channels(step: JsonObject) =
        (step["channels"] as? JsonArray)?.map { channel(it.string()) } ?: listOf(Channel.SMS)

    /** A challenge, and which of its messages a step speaks of. */
    private fun message(step: JsonObject): Pair<String, String> {
        val (otpId, messages) = challenge(step)
        return otpId to messages.takeLast(if (step["message"]?.string() == "previous") 2 else 1).first().id()
    }

    private fun shown(view: DomainView) = mapOf(
        "name" to view.name,
        "created_at" to since(view.createdAt),
        "sim_swap" to view.simSwap?.let {
            mapOf(
                "max_age_hours" to it.maxAgeHours,
                "on_swapped" to it.onSwapped?.code(),
                "on_unknown" to it.onUnknown?.code(),
            )
        },
        "fallback_after" to view.fallbackAfter?.seconds,
    )

    private fun ticket(step: JsonObject) = tickets.getValue(step.text("ticket"))

    private fun challenge(step: JsonObject) = challenges.getValue(step.text("otp"))

    private fun outcome(found: Outcome): Map<String, Any?> {
        assertEquals(found.isAccepted(), found is Outcome.Accepted)
        return mapOf(
            "outcome" to found.code(),
            "attempts_left" to (found as? Outcome.Mismatch)?.attemptsLeft,
            "until" to since((found as? Outcome.Blocked)?.until),
        )
    }

    private fun answer(sent: Sent) = mapOf(
        "channel" to sent.channel.code(),
        "language" to sent.language,
        "expires_at" to since(sent.expiresAt),
        "resend_at" to since(sent.resendAt),
        "attempts_left" to sent.attemptsLeft,
        "sim_swap" to sent.simSwap?.code(),
    )

    private fun refusal(error: KeyfobException): Map<String, Any?> {
        assertTrue(error.text.isNotEmpty())
        return mapOf(
            "error" to error.code,
            "limit" to (error as? KeyfobException.SendLimit)?.limit,
            "retry_at" to since((error as? KeyfobException.SendLimit)?.retryAt),
            "until" to since((error as? KeyfobException.RecipientBlocked)?.until),
        )
    }

    private fun since(time: Instant?) = time?.let { it.epochSecond - START }
}

/** A service that suspends, waited for: so that one script drives both kinds. */
private class Awaited(private val service: AsyncEngineInterface) : EngineInterface {
    override fun createDomain(name: String?, options: DomainSettings?) =
        runBlocking { service.createDomain(name, options) }

    override fun changeDomain(domain: String, change: DomainChange) =
        runBlocking { service.changeDomain(domain, change) }

    override fun viewDomain(domain: String) = runBlocking { service.viewDomain(domain) }

    override fun createUser(domain: String, userId: String, options: UserOptions?) =
        runBlocking { service.createUser(domain, userId, options) }

    override fun openEnrolment(domain: String, userId: String, options: EnrolmentOptions?) =
        runBlocking { service.openEnrolment(domain, userId, options) }

    override fun viewEnrolment(ticket: String) = runBlocking { service.viewEnrolment(ticket) }

    override fun confirmEnrolment(ticket: String, code: String) =
        runBlocking { service.confirmEnrolment(ticket, code) }

    override fun verifyTotp(domain: String, userId: String, code: String) =
        runBlocking { service.verifyTotp(domain, userId, code) }

    override fun viewUser(domain: String, userId: String) = runBlocking { service.viewUser(domain, userId) }

    override fun deleteUser(domain: String, userId: String) = runBlocking { service.deleteUser(domain, userId) }

    override fun eraseUser(domain: String, userId: String) = runBlocking { service.eraseUser(domain, userId) }

    override fun eraseRecipient(domain: String, to: String) = runBlocking { service.eraseRecipient(domain, to) }

    override fun send(domain: String, to: String, channels: List<Channel>, options: SendOptions?) =
        runBlocking { service.send(domain, to, channels, options) }

    override fun resend(otpId: String, channel: Channel?) = runBlocking { service.resend(otpId, channel) }

    override fun verify(otpId: String, code: String, context: Map<String, String>?) =
        runBlocking { service.verify(otpId, code, context) }

    override fun cancel(otpId: String) = runBlocking { service.cancel(otpId) }

    override fun viewChallenge(otpId: String) = runBlocking { service.viewChallenge(otpId) }

    override fun deliveryReport(otpId: String, message: String, channel: Channel, state: DeliveryState) =
        runBlocking { service.deliveryReport(otpId, message, channel, state) }

    override fun wanted(otpId: String, message: String) = runBlocking { service.wanted(otpId, message) }

    override fun fallBack(otpId: String, message: String, channel: Channel) =
        runBlocking { service.fallBack(otpId, message, channel) }

    override fun checkSimSwap(phone: String, maxAgeHours: Int?) =
        runBlocking { service.checkSimSwap(phone, maxAgeHours) }
}
