package io.github.keyfob

import java.io.File
import java.math.BigInteger
import java.time.Duration
import java.time.Instant
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

internal typealias Case = JsonObject

/** The vector files that every language runs, read in place. */
class VectorsTest {
    private val families = mapOf<String, (Case) -> Any>(
        "base32" to ::base32,
        "codes" to ::codes,
        "hotp" to ::hotp,
        "messages" to ::message,
        "migration" to ::migration,
        "steam" to ::steam,
        "totp" to ::totp,
        "uri" to ::uri,
    )

    @Test
    fun `every vector holds`() {
        for ((family, judge) in families) {
            val cases = cases("$family.json")
            val skipped = cases.mapNotNull { reasonToSkip(it) }
            val run = cases.filter { reasonToSkip(it) == null }
            val faults = run.mapNotNull { fault(it, judge) }
            val reasons = skipped.groupBy { it }.map { (reason, them) -> "; ${them.size} skipped: $reason" }
            println("$family.json ${run.size}/${total("$family.json")}${reasons.joinToString("")}")
            assertEquals(total("$family.json"), run.size + skipped.size, "$family.json")
            val ids = cases.filter { reasonToSkip(it) != null }.map { it.text("id") }.toSet()
            assertEquals(unsayable[family].orEmpty(), ids, "what is skipped of $family.json")
            assertEquals(emptyList(), faults)
        }
    }

    @Test
    fun `no family is left out`() {
        // flows.json is run by FlowsTest
        assertEquals(families.keys.map { "$it.json" }.toSet() + "flows.json", manifest().keys)
    }

    private fun fault(case: Case, judge: (Case) -> Any): String? {
        val expected = case.getValue("expect") as JsonObject
        val found = try {
            element(judge(case))
        } catch (error: KeyfobException) {
            refusal(error, expected)
        }
        return if (found == expected) null else "${case.text("id")}: $expected but $found"
    }

    private fun refusal(error: KeyfobException, expected: JsonObject): JsonElement {
        val invalid = error as KeyfobException.Invalid
        val found = mapOf("error" to error.code, "position" to invalid.position)
        return element(found.filterKeys { it in expected || it == "error" })
    }

    private fun base32(case: Case): Any {
        val secret = Secret.fromBase32(case.text("text"))
        return mapOf("secret" to secret.exposeBytes().toHex(), "canonical" to secret.exposeBase32())
    }

    private fun hotp(case: Case): Any {
        val hotp = Hotp(case.secret(), case.algorithm(), case.int("digits"))
        val found = when (case.text("kind")) {
            "generate" -> return mapOf("code" to hotp.generate(case.long("counter")))
            "verify" -> hotp.verify(case.text("code"), case.long("counter"), case.int("look_ahead"))
            else -> {
                val (first, second) = (case.getValue("codes") as JsonArray).map { it.string() }
                hotp.resynchronise(first, second, case.long("counter"), case.int("look_ahead")!!)
            }
        }
        assertEquals(found.isAccepted(), found is HotpOutcome.Accepted)
        return present("outcome" to found.code(), "next_counter" to (found as? HotpOutcome.Accepted)?.nextCounter)
    }

    private fun totp(case: Case): Any {
        val window = (case["window"] as? JsonArray)?.map { it.string().toInt() }
        val totp = Totp(
            case.secret(),
            case.algorithm(),
            case.int("digits"),
            case.int("period")?.let { Duration.ofSeconds(it.toLong()) },
            window?.let { (before, after) -> Window(before, after) },
            case["epoch"]?.let { instant(it) },
            case.int("drift_limit"),
        )
        if (case.text("kind") == "verify") return judged(case, totp::verify)
        val time = instant(case.getValue("time"))
        return mapOf("code" to totp.generate(time), "remaining" to totp.remaining(time).seconds)
    }

    private fun steam(case: Case): Any {
        val steam = Steam(case.secret())
        if (case.text("kind") == "verify") return judged(case, steam::verify)
        return mapOf("code" to steam.generate(instant(case.getValue("time"))))
    }

    private fun judged(case: Case, verify: (String, Instant, TotpState) -> TotpOutcome): Any {
        val given = case.getValue("state") as JsonObject
        val lastStep = given.getValue("last_step").takeIf { it != JsonNull }?.string()?.toULong()
        var state = TotpState(lastStep, given.getValue("drift").string().toByte())
        val outcomes = (case.getValue("attempts") as JsonArray).map { attempt ->
            attempt as JsonObject
            val found = verify(attempt.text("code"), instant(attempt.getValue("time")), state)
            assertEquals(found.isAccepted(), found is TotpOutcome.Accepted)
            when (found) {
                is TotpOutcome.Accepted -> {
                    state = found.state
                    assertEquals(found.step, state.lastStep)
                    mapOf(
                        "outcome" to found.code(),
                        "step" to found.step,
                        "drift" to found.drift,
                        "state_drift" to state.drift,
                    )
                }
                is TotpOutcome.Replayed -> mapOf("outcome" to found.code(), "step" to found.step)
                else -> mapOf("outcome" to found.code())
            }
        }
        return mapOf("outcomes" to outcomes)
    }

    private fun codes(case: Case): Any {
        if (case.text("kind") == "recovery") return recovery(case)
        val policy = CodePolicy(case.int("length"), Alphabet.entries.first { it.code() == case.text("alphabet") })
        if (case.text("kind") == "policy") {
            return mapOf("entropy_millibits" to policy.entropyMillibits(), "is_guessable" to policy.isGuessable())
        }
        val code = policy.normalise(case.text("typed"))
        return if (code == null) mapOf("outcome" to "malformed") else mapOf("code" to code)
    }

    private fun recovery(case: Case): Any {
        fun set() = RecoverySet.fromEntries(listOf(RecoveryEntry(case.text("valid").fromHex(), false)))
        val found = set().redeem(case.text("typed"))
        val shown = (case.getValue("expect") as JsonObject)["shown"]?.string()
        if (found.isAccepted() && shown != null) { // the same code, as it was shown
            assertTrue(set().redeem(shown).isAccepted())
        }
        return present("outcome" to found.code(), "shown" to shown.takeIf { found.isAccepted() })
    }

    private fun uri(case: Case): Any {
        val modes = when (case.text("mode")) {
            "strict" -> listOf(ReadingMode.STRICT)
            "lenient" -> listOf(ReadingMode.LENIENT)
            else -> ReadingMode.entries
        }
        val found = modes.map { mode ->
            try {
                read(case, parseEnrolment(case.text("uri"), mode))
            } catch (error: KeyfobException.Invalid) {
                mapOf("error" to error.code)
            }
        }
        assertEquals(1, found.toSet().size, case.text("id"))
        return found.first()
    }

    private fun read(case: Case, parsed: ParsedEnrolment): Map<String, Any?> {
        val enrolment = parsed.enrolment
        val rebuilt = enrolment.toUri()
        assertEquals(case["rebuilt"]?.string() ?: rebuilt, rebuilt)
        assertTrue(parseEnrolment(rebuilt, ReadingMode.LENIENT).enrolment.isSameAs(enrolment))
        return described(enrolment) + mapOf(
            "parameters" to enrolment.parameters().map { listOf(it.name(), it.exposeValue()) },
            "warnings" to parsed.warnings.map { it.code },
        )
    }

    private fun migration(case: Case): Any {
        val found = parseMigration(case.text("uri"))
        return mapOf(
            "entries" to found.entries.map { described(it) },
            "skipped" to found.skipped.map { mapOf("index" to it.index, "name" to it.name, "reason" to it.code) },
            "batch_size" to found.batchSize,
            "batch_index" to found.batchIndex,
            "batch_id" to found.batchId,
        )
    }

    private fun described(enrolment: Enrolment): Map<String, Any?> {
        val kind = enrolment.kind()
        return mapOf(
            "type" to kind.code(),
            "issuer" to enrolment.issuer(),
            "account" to enrolment.account(),
            "secret" to enrolment.secret().exposeBase32(),
            "algorithm" to enrolment.algorithm().code(),
            "digits" to enrolment.digits(),
        ) + present(
            "period" to (kind as? EnrolmentKind.Totp)?.period?.seconds,
            "counter" to (kind as? EnrolmentKind.Hotp)?.counter,
        )
    }

    private fun message(case: Case): Any {
        val context = case.words("context")
        val ending = case.words("ending")?.entries?.firstOrNull()
        return when (case.text("kind")) {
            "recipient" -> parseRecipient(channel(case.text("channel")), case.text("text")).let {
                mapOf("canonical" to it.canonical, "masked" to it.masked)
            }
            "template" -> mapOf("accepted" to true).also { checkTemplate(case.text("text")) }
            "message" -> mapOf(
                "text" to composeMessage(
                    case.text("template"), case.text("code"), case.text("minutes").toUInt(), context,
                    when (ending?.key) {
                        null -> null
                        "origin-bound" -> Ending.OriginBound(ending.value)
                        else -> Ending.AndroidAppHash(ending.value)
                    },
                ),
            )
            "context" -> mapOf("bytes" to contextBytes(case.words("fields")!!).toHex())
            "segments" -> countSegments(case.text("text")).let {
                mapOf("encoding" to it.encoding, "units" to it.units, "count" to it.count)
            }
            else -> {
                val text =
                    speakMessage(case.text("template"), case.text("code"), case.text("minutes").toUInt(), context)
                mapOf("text" to text, "ssml" to toSsml(text))
            }
        }
    }
}

private val vectors = File(System.getProperty("keyfob.vectors"))

internal fun cases(file: String): List<Case> =
    ((read(file) as JsonObject).getValue("cases") as JsonArray).map { it as JsonObject }

internal fun manifest(): JsonObject = read("manifest.json") as JsonObject

internal fun total(file: String): Int = manifest().getValue(file).string().toInt()

private fun read(file: String) = Json.parseToJsonElement(vectors.resolve(file).readText())

internal fun JsonElement.string(): String = (this as JsonPrimitive).content

internal fun Case.text(name: String): String = getValue(name).string()

internal fun Case.int(name: String): Int? = this[name]?.string()?.toInt()

internal fun Case.words(name: String): Map<String, String>? =
    (this[name] as? JsonObject)?.mapValues { it.value.string() }

private fun Case.long(name: String) = text(name).toULong()

private fun Case.secret() = Secret.fromBytes(text("secret").fromHex())

private fun Case.algorithm() = this["algorithm"]?.let { name -> Algorithm.entries.first { it.code() == name.string() } }

internal fun channel(name: String): Channel = Channel.entries.first { it.code() == name }

private fun instant(seconds: JsonElement) = Instant.ofEpochSecond(seconds.string().toLong())

private val lastSecond = BigInteger.valueOf(Instant.MAX.epochSecond)

/** What the types of Kotlin have no word for, and so nobody can say. */
private fun reasonToSkip(case: Case): String? {
    val attempts = case["attempts"] as? JsonArray ?: JsonArray(emptyList())
    val times = listOfNotNull(case["time"], case["epoch"]) + attempts.map { (it as JsonObject).getValue("time") }
    val channel = case["channel"]?.string()
    return when {
        times.any { BigInteger(it.string()) > lastSecond } -> "a time after the last Instant, in the year 10^9"
        channel != null && Channel.entries.none { it.code() == channel } -> "a channel that is none of the enum"
        else -> null
    }
}

/** What is skipped for that, by family: these cases and no others. */
private val unsayable = mapOf(
    "messages" to setOf("channel-unknown", "channel-upper-case"),
    "steam" to setOf("the-rfc-key-at-18446744073709551615"),
    "totp" to setOf(
        "the-last-second-there-is",
        "the-last-step-there-is",
        "the-last-step-is-burned-for-ever",
        "the-window-does-not-wrap-at-the-end",
    ),
)

internal fun element(value: Any?): JsonElement = when (value) {
    null -> JsonNull
    is Map<*, *> -> JsonObject(value.entries.associate { (name, held) -> name as String to element(held) })
    is List<*> -> JsonArray(value.map { element(it) })
    is String -> JsonPrimitive(value)
    is Boolean -> JsonPrimitive(value)
    else -> Json.parseToJsonElement(value.toString()) // numbers, those without a sign too
}

private fun present(vararg pairs: Pair<String, Any?>): Map<String, Any?> = pairs.toMap().filterValues { it != null }

internal fun ByteArray.toHex(): String = joinToString("") { "%02x".format(it) }

private fun String.fromHex() = chunked(2).map { it.toInt(16).toByte() }.toByteArray()
