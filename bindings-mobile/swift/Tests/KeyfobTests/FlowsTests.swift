import Foundation
import Testing

import Keyfob

/// The scripted flows that every language runs: what the service promises, step by step.
@Suite struct FlowsTests {
    @Test("every scripted flow goes as written") func flows() async throws {
        try await run("flows.json") { Stage { try $0.service($1) } }
    }

    @Test("every scripted flow goes as written over functions that are asynchronous") func waiting() async throws {
        try await run("flows.json, asynchronous,") { Stage { try $0.asyncService($1) } }
    }

    private func run(_ name: String, _ stage: () -> Stage) async throws {
        let (cases, total) = (try cases("flows.json"), try total("flows.json"))
        for flow in cases {
            let played = stage()
            try await played.begin()
            for (number, step) in flow["steps"]!.list.enumerated() {
                let answer = json(try await played.play(step))
                let expected = step["expect"]?.object ?? [:]
                let place = "\(flow.text("id")), step \(number): \(step) came to \(answer)"
                #expect((expected["error"] == nil) == (answer["error"] == nil), "\(place)")
                for (field, value) in expected { #expect(answer[field] ?? .null == value, "\(field) of \(place)") }
            }
        }
        print("\(name) \(cases.count)/\(total)")
        #expect(cases.count == total)
    }
}

/// So that one script drives both kinds.
extension Engine: AsyncEngineProtocol {}

/// One case: a service with one domain, and what the case gave names to.
private final class Stage {
    typealias Opened = any AsyncEngineProtocol
    private let open: (Stage, UInt8) throws -> Opened
    private var storage = MemoryStorage()
    private let outbox = Outbox()
    private let asked = Operator()
    private let now = Held(at(0))
    private var policy = ServicePolicy()
    private var floor: Date?
    private var backup: MemoryStorage.Contents?
    private var tickets: [String: String] = [:]
    private var challenges: [String: (id: String, messages: [Message])] = [:]
    private var domain = ""

    init(_ open: @escaping (Stage, UInt8) throws -> Opened) { self.open = open }

    func begin() async throws { domain = try await open(self, 3).createDomain(name: "Example Bank", options: nil) }

    func service(_ account: UInt8) throws -> Opened {
        try Service(
            keys: keys(), storage: storage, delivery: outbox, operator: asked, policy: policy,
            account: uuid(account), replayFloor: floor, clock: { [now] in now.value })
    }

    func asyncService(_ account: UInt8) throws -> Opened {
        try AsyncService(
            keys: keys(), storage: Waiting(storage), delivery: Later(outbox), operator: LaterAsked(asked),
            policy: policy, account: uuid(account), replayFloor: floor, clock: { [now] in now.value })
    }

    func play(_ step: Json) async throws -> [String: Any?] {
        now.value = at(TimeInterval(step.text("at"))!)
        let service = try open(self, step.text("account") == "other" ? 4 : 3)
        do { return try await perform(service, step) } catch let error as KeyfobError { return refusal(error) }
    }

    private func perform(_ service: Opened, _ step: Json) async throws -> [String: Any?] {
        switch step.text("do") {
        case "create-domain":
            let settings = DomainSettings(simSwap: try simSwapPolicy(step["sim_swap"]), fallbackAfter: step.seconds("fallback_after"))
            domain = try await service.createDomain(name: step["name"]?.string, options: settings)
        case "view-domain": return shown(try await service.viewDomain(domain: domain))
        case "change-domain":
            return shown(try await service.changeDomain(domain: domain, change: domainChange(step["change"]!)))
        case "create-user":
            let options = UserOptions(
                secret: try Secret.fromBase32(text: step.text("secret")), returnSecret: step.text("enrolled") != "false")
            let created = try await service.createUser(domain: domain, userId: step.text("user"), options: options)
            if case .pending(let enrolment) = created { tickets[step.text("ticket")] = enrolment.ticket.expose() }
        case "open-enrolment":
            let options = EnrolmentOptions(
                secret: try Secret.fromBase32(text: step.text("secret")), revoke: step.text("revoke") == "true")
            let opened = try await service.openEnrolment(domain: domain, userId: step.text("user"), options: options)
            tickets[step.text("ticket")] = opened.ticket.expose()
        case "view-enrolment":
            let view = try await service.viewEnrolment(ticket: ticket(step))
            return ["secret": view.secret.exposeBase32(), "issuer": view.issuer, "expires_at": since(view.expiresAt)]
        case "confirm-enrolment":
            return outcome(try await service.confirmEnrolment(ticket: ticket(step), code: step.text("code")))
        case "verify-totp":
            return outcome(
                try await service.verifyTotp(domain: domain, userId: step.text("user"), code: step.text("code")))
        case "view-user":
            let user = try await service.viewUser(domain: domain, userId: step.text("user"))
            var until: Date?
            if case .blocked(let end) = user.status { until = end }
            return ["status": user.status.code(), "failures": user.failures, "until": since(until)]
        case "delete-user": try await service.deleteUser(domain: domain, userId: step.text("user"))
        case "erase-user": try await service.eraseUser(domain: domain, userId: step.text("user"))
        case "erase-recipient": try await service.eraseRecipient(domain: domain, to: step.text("to"))
        case "send": return try await send(service, step)
        case "resend":
            let sent = try await service.resend(otpId: challenge(step).id, channel: channel(step.text("channel")))
            challenges[step.text("otp")]!.messages.append(outbox.messages.value.last!)
            return answer(sent)
        case "verify":
            let (id, messages) = challenge(step)
            let codes = messages.map { $0.exposeCode() }
            let code = switch step.text("code") {
            case "sent": codes.last!
            case "previous": codes.suffix(2).first!
            case "wrong": wrong(codes.last!)
            case "short": String(codes.last!.dropFirst())
            default: throw Said(description: "no such code: \(step)")
            }
            return outcome(try await service.verify(otpId: id, code: code, context: step.words("context")))
        case "cancel": try await service.cancel(otpId: challenge(step).id)
        case "view-challenge":
            let view = try await service.viewChallenge(otpId: challenge(step).id)
            return [
                "status": view.status.code(), "channel": view.channel.code(), "delivery": view.delivery.code(),
                "attempts_left": view.attemptsLeft,
            ]
        case "delivery-report":
            let states = [DeliveryState.queued, .sent, .delivered, .failed, .expired]
            let state = states.first { $0.code() == step.text("state") }!
            return ["news": try await service.deliveryReport(
                otpId: challenge(step).id, message: message(step), channel: channel(step.text("channel"))!, state: state)]
        case "wanted":
            return ["wanted": try await service.wanted(otpId: challenge(step).id, message: message(step)).code()]
        case "fall-back":
            let way = try await service.fallBack(
                otpId: challenge(step).id, message: message(step), channel: channel(step.text("channel"))!)
            guard case .closed(let reason, _) = way else { return ["way": way.code(), "reason": nil as String?] }
            return ["way": way.code(), "reason": reason]
        case "check-sim-swap":
            let check = try await service.checkSimSwap(phone: step.text("to"), maxAgeHours: step.int("max_age_hours"))
            return ["answer": check.answer.code(), "source": check.source.code(), "checked_at": since(check.checkedAt)]
        case "configure": outbox.channels.value = channels(step)
        case "sim":
            let answers = [SimSwap.swapped, .notSwapped, .unknown]
            asked.answer.value = answers.first { $0.code() == step.text("sim") }!
        case "policy":
            let before = policy
            policy = try servicePolicy(step["policy"]!)
            do { _ = try open(self, 3) } catch {
                policy = before
                throw error
            }
        case "backup": backup = storage.contents.value
        case "restore":
            storage = MemoryStorage(backup!)
            floor = now.value
        case "empty": #expect(storage.contents.value.records.count == 1, "the domain alone is left")
        default: throw Said(description: "no such step: \(step)")
        }
        return [:]
    }

    private func send(_ service: Opened, _ step: Json) async throws -> [String: Any?] {
        let options = SendOptions(
            language: step["language"]?.string, lifetime: step.seconds("expiry"), context: step.words("context"),
            simSwap: try simSwapPolicy(step["sim_swap"]), client: step["client"]?.string)
        let sent = try await service.send(
            domain: domain, to: step.text("to"), channels: channels(step), options: options)
        challenges[step.text("otp")] = (sent.otpId, [outbox.messages.value.last!])
        return answer(sent)
    }

    private func channels(_ step: Json) -> [Channel] {
        step["channels"]?.list.map { channel($0.string)! } ?? [.sms]
    }

    private func ticket(_ step: Json) -> String { tickets[step.text("ticket")]! }

    private func challenge(_ step: Json) -> (id: String, messages: [Message]) { challenges[step.text("otp")]! }

    /// Which of the messages of a challenge a step speaks of.
    private func message(_ step: Json) -> String {
        challenge(step).messages.suffix(step.text("message") == "previous" ? 2 : 1).first!.id()
    }

    private func shown(_ view: DomainView) -> [String: Any?] {
        let policy = view.simSwap.map { policy -> [String: Any?] in
            [
                "max_age_hours": policy.maxAgeHours, "on_swapped": policy.onSwapped?.code(),
                "on_unknown": policy.onUnknown?.code(),
            ]
        }
        return [
            "name": view.name, "created_at": since(view.createdAt), "sim_swap": policy,
            "fallback_after": view.fallbackAfter,
        ]
    }

    private func outcome(_ found: Outcome) -> [String: Any?] {
        #expect(found.isAccepted() == (found == .accepted))
        var answer: [String: Any?] = ["outcome": found.code()]
        if case .mismatch(let left) = found { answer["attempts_left"] = left }
        if case .blocked(let until) = found { answer["until"] = since(until) }
        return answer
    }

    private func answer(_ sent: Sent) -> [String: Any?] {
        return present([
            "channel": sent.channel.code(), "language": sent.language, "expires_at": since(sent.expiresAt),
            "resend_at": since(sent.resendAt), "attempts_left": sent.attemptsLeft,
            "sim_swap": sent.simSwap?.code(),
        ])
    }

    private func refusal(_ error: KeyfobError) -> [String: Any?] {
        #expect(!error.text.isEmpty)
        var answer: [String: Any?] = ["error": error.code]
        if case .sendLimit(_, _, let limit, let retryAt) = error {
            (answer["limit"], answer["retry_at"]) = (limit, since(retryAt))
        }
        if case .recipientBlocked(_, _, let until) = error { answer["until"] = since(until) }
        return answer
    }

    private func since(_ time: Date?) -> Int64? { time.map { Int64($0.timeIntervalSince1970 - start) } }

    private func uuid(_ number: UInt8) -> UUID {
        let n = number
        return UUID(uuid: (n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n))
    }
}

private final class Later: AsyncDelivery {
    private let delivery: Outbox
    init(_ delivery: Outbox) { self.delivery = delivery }
    func deliver(message: Message) async throws -> Receipt { try delivery.deliver(message: message) }
}

private final class LaterAsked: AsyncSimSwapOperator {
    private let asked: Operator
    init(_ asked: Operator) { self.asked = asked }
    func simSwap(phone: String, maxAgeHours: Int32) async throws -> SimSwap {
        try asked.simSwap(phone: phone, maxAgeHours: maxAgeHours)
    }
}
