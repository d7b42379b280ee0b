import Foundation

import Keyfob

// What the steps of scripted flows choose, read. A word that nothing here reads fails the test.

func servicePolicy(_ given: Json) throws -> ServicePolicy {
    try known(given, [
        "attempts", "sends", "traffic", "window", "default_lifetime", "enrolment_lifetime", "sim_swap", "retention",
        "issuer",
    ])
    return ServicePolicy(
        issuer: given["issuer"]?.string,
        window: given["window"].map { Window(before: Int32($0.list[0].string)!, after: Int32($0.list[1].string)!) },
        defaultLifetime: given.seconds("default_lifetime"), enrolmentLifetime: given.seconds("enrolment_lifetime"),
        retention: given["retention"].map { RetentionPolicy(hours: $0.int("hours")) },
        attempts: try given["attempts"].map(attempts), sends: try given["sends"].map(sends),
        traffic: try given["traffic"].map(traffic),
        simSwap: given["sim_swap"].map {
            SimSwapCoverage(prefixes: $0["prefixes"]!.list.map(\.string), cache: $0.seconds("cache"))
        })
}

/// A policy about SIMs, if there is one.
func simSwapPolicy(_ given: Json?) throws -> SimSwapPolicy? {
    guard let given, given != .null else { return nil }
    try known(given, ["max_age_hours", "on_swapped", "on_unknown"])
    return SimSwapPolicy(
        maxAgeHours: given.int("max_age_hours"), onSwapped: action(given.text("on_swapped")),
        onUnknown: action(given.text("on_unknown")))
}

func domainChange(_ given: Json) throws -> DomainChange {
    try known(given, ["name", "sim_swap", "fallback_after"])
    let policy = try simSwapPolicy(given["sim_swap"]).map { policy in
        SimSwapEdit.change(change: SimSwapChange(
            maxAgeHours: .set(value: policy.maxAgeHours!), onSwapped: .set(value: policy.onSwapped!),
            onUnknown: .set(value: policy.onUnknown!)))
    }
    return DomainChange(
        name: given["name"].map { $0 == .null ? .clear : .set(value: $0.string) },
        simSwap: given["sim_swap"].map { _ in policy ?? .clear },
        fallbackAfter: given["fallback_after"].map { $0 == .null ? .clear : .set(value: TimeInterval($0.string)!) })
}

extension Json {
    func seconds(_ name: String) -> TimeInterval? { self[name].map { TimeInterval($0.string)! } }
}

private func known(_ given: Json, _ names: Set<String>) throws {
    let unknown = Set(given.object.keys).subtracting(names)
    if !unknown.isEmpty { throw Said(description: "nothing reads \(unknown)") }
}

private func action(_ name: String) -> SimSwapAction {
    [SimSwapAction.refuse, .flag, .nextChannel].first { $0.code() == name }!
}

private func attempts(_ given: Json) throws -> AttemptPolicy {
    try known(given, ["per_block", "first_block", "longest_block", "disable_after"])
    return AttemptPolicy(
        perBlock: given.int("per_block"), firstBlock: given.seconds("first_block"),
        longestBlock: given.seconds("longest_block"), disableAfter: given.int("disable_after"))
}

private func sends(_ given: Json) throws -> SendPolicy {
    try known(given, ["per_recipient", "per_account_and_day"])
    let windows = given["per_recipient"]?.list.map {
        SendWindow(span: $0.seconds("seconds")!, messages: UInt32($0.text("messages"))!)
    }
    return SendPolicy(perRecipient: windows, perAccountAndDay: limit(given["per_account_and_day"]))
}

private func traffic(_ given: Json) throws -> TrafficPolicy {
    try known(given, [
        "per_domain_and_day", "per_client_and_day", "per_country_and_day", "per_prefix_and_day", "cost_per_day",
        "prices", "allowed", "denied", "unverified", "breaker",
    ])
    return TrafficPolicy(
        perDomainAndDay: limit(given["per_domain_and_day"]), perClientAndDay: limit(given["per_client_and_day"]),
        perCountryAndDay: limit(given["per_country_and_day"]), perPrefixAndDay: limit(given["per_prefix_and_day"]),
        costPerDay: limit(given["cost_per_day"]), prices: given["prices"].map(prices),
        allowed: given["allowed"]?.list.map(\.string), denied: given["denied"]?.list.map(\.string),
        unverified: given["unverified"].map(unverified), breaker: given["breaker"].map(breaker))
}

private func prices(_ given: Json) -> Prices {
    let places = given["places"]!.object.map { PlacePrice(place: $0.key, price: UInt64($0.value.string)!) }
    return Prices(defaultPrice: given.long("default"), places: places)
}

private func unverified(_ given: Json) -> UnverifiedPolicy {
    guard given != .null else { return .off }
    return .atMost(
        perCountryAndDay: given.long("per_country_and_day"), perCountryAndHour: given.long("per_country_and_hour"),
        perClientAndDay: given.long("per_client_and_day"), share: given.int("share"),
        countriesPerClientAndDay: given.long("countries_per_client_and_day"))
}

private func breaker(_ given: Json) -> BreakerPolicy {
    given == .null ? .off : .on(sends: given.long("sends"), verified: given.int("verified"))
}

private func limit(_ given: Json?) -> Limit? {
    given.map { $0 == .null ? .off : .atMost(count: UInt64($0.string)!) }
}
