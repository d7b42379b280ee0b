package io.github.keyfob

import java.time.Duration
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject

// What the steps of scripted flows choose, read. A word that nothing here reads fails the test.

internal fun servicePolicy(chosen: JsonObject): ServicePolicy = chosen.entries.fold(ServicePolicy()) { policy, (name, value) ->
    when (name) {
        "attempts" -> policy.copy(attempts = attempts(value as JsonObject))
        "sends" -> policy.copy(sends = sends(value as JsonObject))
        "traffic" -> policy.copy(traffic = traffic(value as JsonObject))
        "window" -> policy.copy(window = (value as JsonArray).let { (before, after) -> Window(number(before), number(after)) })
        "default_lifetime" -> policy.copy(defaultLifetime = duration(value))
        "enrolment_lifetime" -> policy.copy(enrolmentLifetime = duration(value))
        "sim_swap" -> policy.copy(simSwap = coverage(value as JsonObject))
        "retention" -> policy.copy(retention = RetentionPolicy((value as JsonObject).int("hours")))
        "issuer" -> policy.copy(issuer = value.string())
        else -> error("no such part of a policy: $name")
    }
}

/** A policy about SIMs, if there is one. */
internal fun policy(given: JsonElement?): SimSwapPolicy? = (given as? JsonObject)?.let {
    SimSwapPolicy(it.int("max_age_hours"), action(it.text("on_swapped")), action(it.text("on_unknown")))
}

internal fun change(given: JsonObject): DomainChange = given.entries.fold(DomainChange()) { change, (name, value) ->
    when (name) {
        "name" -> change.copy(name = if (value == JsonNull) TextEdit.Clear else TextEdit.Set(value.string()))
        "fallback_after" ->
            change.copy(fallbackAfter = if (value == JsonNull) DurationEdit.Clear else DurationEdit.Set(duration(value)))
        "sim_swap" -> change.copy(simSwap = simSwapEdit(value))
        else -> error("no such part of a domain: $name")
    }
}

internal fun JsonObject.seconds(name: String): Duration? = this[name]?.let { duration(it) }

private fun simSwapEdit(value: JsonElement): SimSwapEdit {
    val policy = policy(value) ?: return SimSwapEdit.Clear
    val (swapped, unknown) = listOf(policy.onSwapped!!, policy.onUnknown!!).map { SimSwapActionEdit.Set(it) }
    return SimSwapEdit.Change(SimSwapChange(HoursEdit.Set(policy.maxAgeHours!!), swapped, unknown))
}

private fun action(name: String) = SimSwapAction.entries.first { it.code() == name }

private fun attempts(given: JsonObject) = AttemptPolicy(
    given.int("per_block"), given.seconds("first_block"), given.seconds("longest_block"), given.int("disable_after"),
)

private fun sends(given: JsonObject) = given.entries.fold(SendPolicy()) { sends, (name, value) ->
    when (name) {
        "per_recipient" -> sends.copy(perRecipient = (value as JsonArray).map { window(it as JsonObject) })
        "per_account_and_day" -> sends.copy(perAccountAndDay = limit(value))
        else -> error("no such limit: $name")
    }
}

private fun window(given: JsonObject) = SendWindow(given.seconds("seconds")!!, given.text("messages").toUInt())

private fun traffic(given: JsonObject) = given.entries.fold(TrafficPolicy()) { traffic, (name, value) ->
    when (name) {
        "per_domain_and_day" -> traffic.copy(perDomainAndDay = limit(value))
        "per_client_and_day" -> traffic.copy(perClientAndDay = limit(value))
        "per_country_and_day" -> traffic.copy(perCountryAndDay = limit(value))
        "per_prefix_and_day" -> traffic.copy(perPrefixAndDay = limit(value))
        "cost_per_day" -> traffic.copy(costPerDay = limit(value))
        "prices" -> traffic.copy(prices = prices(value as JsonObject))
        "allowed" -> traffic.copy(allowed = texts(value))
        "denied" -> traffic.copy(denied = texts(value))
        "unverified" -> traffic.copy(unverified = unverified(value))
        "breaker" -> traffic.copy(breaker = breaker(value))
        else -> error("no such rule: $name")
    }
}

private fun prices(given: JsonObject): Prices {
    val places = (given.getValue("places") as JsonObject).map { (place, price) -> PlacePrice(place, price.string().toULong()) }
    return Prices(given.text("default").toULong(), places)
}

private fun unverified(given: JsonElement): UnverifiedPolicy {
    if (given !is JsonObject) return UnverifiedPolicy.Off
    fun count(name: String) = given.text(name).toULong()
    return UnverifiedPolicy.AtMost(
        count("per_country_and_day"), count("per_country_and_hour"), count("per_client_and_day"),
        given.int("share"), count("countries_per_client_and_day"),
    )
}

private fun breaker(given: JsonElement): BreakerPolicy {
    if (given !is JsonObject) return BreakerPolicy.Off
    return BreakerPolicy.On(given.text("sends").toULong(), given.int("verified"))
}

private fun coverage(given: JsonObject) = SimSwapCoverage(texts(given.getValue("prefixes")), given.seconds("cache"))

private fun limit(given: JsonElement) =
    if (given == JsonNull) Limit.Off else Limit.AtMost(given.string().toULong())

private fun texts(given: JsonElement) = (given as JsonArray).map { it.string() }

private fun number(given: JsonElement) = given.string().toInt()

private fun duration(given: JsonElement): Duration = Duration.ofSeconds(given.string().toLong())
