import Foundation
import Testing

import Keyfob

/// The vector files that every language runs, read in place.
@Suite struct VectorsTests {
    static let families: [String: @Sendable (Json) throws -> [String: Any?]] = [
        "base32": inBase32, "codes": codes, "hotp": hotp, "messages": message,
        "migration": migration, "steam": steam, "totp": totp, "uri": uri,
    ]

    @Test("every vector holds", arguments: families.keys.sorted())
    func every(family: String) throws {
        let file = "\(family).json"
        let cases = try cases(file)
        let skipped = cases.compactMap(reasonToSkip)
        let run = cases.filter { reasonToSkip($0) == nil }
        for vector in run {
            let expected = vector["expect"]!
            let found: Json
            do { found = json(try Self.families[family]!(vector)) } catch let error as KeyfobError {
                found = refusal(error, expected)
            }
            #expect(found == expected, "\(vector.text("id"))")
        }
        let reasons = Set(skipped).sorted().map { reason in
            "; \(skipped.filter { $0 == reason }.count) skipped: \(reason)"
        }
        let total = try total(file)
        print("\(file) \(run.count)/\(total)\(reasons.joined())")
        #expect(run.count + skipped.count == total)
        let ids = Set(cases.filter { reasonToSkip($0) != nil }.map { $0.text("id") })
        #expect(ids == unsayable[family, default: []])
        #expect(run.count > 0)
    }

    @Test("no family is left out") func all() throws {
        // flows.json is run by FlowsTests
        let files = Self.families.keys.map { "\($0).json" } + ["flows.json"]
        let named = try read("manifest.json").object.keys
        #expect(Set(files) == Set(named))
    }
}

/// What the types of Swift have no word for, and so nobody can say.
private func reasonToSkip(_ vector: Json) -> String? {
    let times = [vector["time"], vector["epoch"]].compactMap { $0 }
        + (vector["attempts"]?.list ?? []).compactMap { $0["time"] }
    if times.contains(where: { Double($0.string)! > 1e15 }) { return "a time after the last Date that is told" }
    if let name = vector["channel"], channel(name.string) == nil { return "a channel that is none of the enum" }
    return nil
}

/// What is skipped for that, by family: these cases and no others.
private let unsayable: [String: Set<String>] = [
    "messages": ["channel-unknown", "channel-upper-case"],
    "steam": ["the-rfc-key-at-18446744073709551615"],
    "totp": [
        "the-last-second-there-is", "the-last-step-there-is", "the-last-step-is-burned-for-ever",
        "the-window-does-not-wrap-at-the-end",
    ],
]

private func refusal(_ error: KeyfobError, _ expected: Json) -> Json {
    var found: [String: Any?] = ["error": error.code]
    if case .invalid(_, _, _, let position, _) = error, expected["position"] != nil { found["position"] = position }
    return json(found)
}

func channel(_ name: String) -> Channel? { ["sms": .sms, "voice": .voice, "email": .email][name] }

private func time(_ seconds: Json) -> Date { Date(timeIntervalSince1970: TimeInterval(seconds.string)!) }

private func algorithm(_ vector: Json) -> Algorithm? {
    vector["algorithm"].flatMap { name in [.sha1, .sha256, .sha512].first { $0.code() == name.string } }
}

private func given(_ vector: Json) throws -> Secret { try Secret.fromBytes(bytes: Data(hex: vector.text("secret"))) }

@Sendable private func inBase32(_ vector: Json) throws -> [String: Any?] {
    let secret = try Secret.fromBase32(text: vector.text("text"))
    return ["secret": secret.exposeBytes().hex, "canonical": secret.exposeBase32()]
}

@Sendable private func hotp(_ vector: Json) throws -> [String: Any?] {
    let hotp = try Hotp(secret: given(vector), algorithm: algorithm(vector), digits: vector.int("digits"))
    let found: HotpOutcome
    switch vector.text("kind") {
    case "generate": return ["code": hotp.generate(counter: vector.long("counter"))]
    case "verify":
        found = try hotp.verify(
            code: vector.text("code"), counter: vector.long("counter"), lookAhead: vector.int("look_ahead"))
    default:
        let codes = vector["codes"]!.list.map(\.string)
        found = try hotp.resynchronise(
            first: codes[0], second: codes[1], counter: vector.long("counter"), lookAhead: vector.int("look_ahead")!)
    }
    guard case .accepted(let next) = found else {
        #expect(!found.isAccepted())
        return ["outcome": found.code()]
    }
    return ["outcome": found.code(), "next_counter": next]
}

@Sendable private func totp(_ vector: Json) throws -> [String: Any?] {
    let window = vector["window"]?.list.map { Int32($0.string)! }
    let totp = try Totp(
        secret: given(vector), algorithm: algorithm(vector), digits: vector.int("digits"),
        period: vector.int("period").map(TimeInterval.init),
        window: window.map { Window(before: $0[0], after: $0[1]) },
        epoch: vector["epoch"].map(time), driftLimit: vector.int("drift_limit"))
    if vector.text("kind") == "verify" {
        return judged(vector) { totp.verify(code: $0, time: $1, state: $2) }
    }
    let now = time(vector["time"]!)
    return ["code": totp.generate(time: now), "remaining": totp.remaining(time: now)]
}

@Sendable private func steam(_ vector: Json) throws -> [String: Any?] {
    let steam = try Steam(secret: given(vector))
    if vector.text("kind") == "verify" {
        return judged(vector) { steam.verify(code: $0, time: $1, state: $2) }
    }
    return ["code": steam.generate(time: time(vector["time"]!))]
}

private func judged(_ vector: Json, _ verify: (String, Date, TotpState) -> TotpOutcome) -> [String: Any?] {
    let given = vector["state"]!
    var state = TotpState(lastStep: UInt64(given.text("last_step")), drift: Int8(given.text("drift"))!)
    let outcomes = vector["attempts"]!.list.map { attempt -> Any? in
        let found = verify(attempt.text("code"), time(attempt["time"]!), state)
        switch found {
        case .accepted(let step, let drift, let next):
            state = next
            #expect(found.isAccepted() && next.lastStep == step)
            return ["outcome": found.code(), "step": step, "drift": drift, "state_drift": next.drift] as [String: Any?]
        case .replayed(let step): return ["outcome": found.code(), "step": step] as [String: Any?]
        default: return ["outcome": found.code()] as [String: Any?]
        }
    }
    return ["outcomes": outcomes]
}

@Sendable private func codes(_ vector: Json) throws -> [String: Any?] {
    if vector.text("kind") == "recovery" { return try recovery(vector) }
    let alphabets: [String: Alphabet] = ["digits": .digits, "letters": .letters, "alphanumeric": .alphanumeric, "unambiguous": .unambiguous]
    let policy = try CodePolicy(length: vector.int("length"), alphabet: alphabets[vector.text("alphabet")]!)
    if vector.text("kind") == "policy" {
        return ["entropy_millibits": policy.entropyMillibits(), "is_guessable": policy.isGuessable()]
    }
    guard let code = policy.normalise(typed: vector.text("typed")) else { return ["outcome": "malformed"] }
    return ["code": code]
}

private func recovery(_ vector: Json) throws -> [String: Any?] {
    let entry = RecoveryEntry(hash: Data(hex: vector.text("valid")), used: false)
    let found = try RecoverySet.fromEntries(entries: [entry]).redeem(typed: vector.text("typed"))
    guard found.isAccepted() else { return ["outcome": found.code()] }
    let shown = vector["expect"]?["shown"]?.string
    if let shown { // the same code, as it was shown
        #expect(try RecoverySet.fromEntries(entries: [entry]).redeem(typed: shown).isAccepted())
    }
    return present(["outcome": found.code(), "shown": shown])
}

@Sendable private func uri(_ vector: Json) throws -> [String: Any?] {
    let modes: [ReadingMode] = switch vector.text("mode") {
    case "strict": [.strict]
    case "lenient": [.lenient]
    default: [.strict, .lenient]
    }
    let found = try modes.map { mode -> [String: Any?] in
        do { return try described(vector, parseEnrolment(uri: vector.text("uri"), mode: mode)) } catch let error as KeyfobError {
            return ["error": error.code]
        }
    }
    #expect(found.allSatisfy { json($0) == json(found[0]) })
    return found[0]
}

private func described(_ vector: Json, _ parsed: ParsedEnrolment) throws -> [String: Any?] {
    let rebuilt = parsed.enrolment.toUri()
    #expect(vector["rebuilt"]?.string ?? rebuilt == rebuilt)
    #expect(try parseEnrolment(uri: rebuilt, mode: .lenient).enrolment == parsed.enrolment)
    return described(parsed.enrolment).merging([
        "parameters": parsed.enrolment.parameters().map { [$0.name(), $0.exposeValue()] },
        "warnings": parsed.warnings.map(\.code),
    ]) { $1 }
}

private func described(_ enrolment: Enrolment) -> [String: Any?] {
    var found: [String: Any?] = [
        "type": enrolment.kind().code(), "issuer": enrolment.issuer() as Any?, "account": enrolment.account(),
        "secret": enrolment.secret().exposeBase32(), "algorithm": enrolment.algorithm().code(),
        "digits": enrolment.digits(),
    ]
    switch enrolment.kind() {
    case .totp(let period): found["period"] = period
    case .hotp(let counter): found["counter"] = counter
    case .steam: break
    }
    return found
}

@Sendable private func migration(_ vector: Json) throws -> [String: Any?] {
    let found = try parseMigration(uri: vector.text("uri"))
    return [
        "entries": found.entries.map(described),
        "skipped": found.skipped.map { ["index": $0.index, "name": $0.name, "reason": $0.code] as [String: Any?] },
        "batch_size": found.batchSize, "batch_index": found.batchIndex, "batch_id": found.batchId,
    ]
}

@Sendable private func message(_ vector: Json) throws -> [String: Any?] {
    let context = vector.words("context")
    let minutes = UInt32(vector.text("minutes")) ?? 0
    switch vector.text("kind") {
    case "recipient":
        let names = try parseRecipient(channel: channel(vector.text("channel"))!, text: vector.text("text"))
        return ["canonical": names.canonical, "masked": names.masked]
    case "template":
        try checkTemplate(template: vector.text("text"))
        return ["accepted": true]
    case "message":
        let ending = vector.words("ending")?.first.map { name, value in
            name == "origin-bound" ? Ending.originBound(host: value) : .androidAppHash(hash: value)
        }
        return ["text": try composeMessage(
            template: vector.text("template"), code: vector.text("code"), minutes: minutes, context: context, ending: ending)]
    case "context": return ["bytes": try contextBytes(context: vector.words("fields")!).hex]
    case "segments":
        let count = countSegments(text: vector.text("text"))
        return ["encoding": count.encoding, "units": count.units, "count": count.count]
    default:
        let text = try speakMessage(
            template: vector.text("template"), code: vector.text("code"), minutes: minutes, context: context)
        return ["text": text, "ssml": toSsml(spoken: text)]
    }
}
