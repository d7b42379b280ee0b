import Foundation
import Testing

import Keyfob

/// What is asked for reaches the engine, each field of it, and what cannot be used is named as it
/// was given.
@Suite struct RequestsTests {
    private let outbox = Outbox()
    private let memory = MemoryStorage()
    private let now = Held(at(15))

    private func service(_ policy: ServicePolicy? = nil) throws -> Service {
        try Service(keys: keys(), storage: memory, delivery: outbox, policy: policy, clock: { [now] in now.value })
    }

    @Test("a domain is changed in what is said, and the rest stays") func domains() throws {
        let service = try service()
        let policy = SimSwapPolicy(maxAgeHours: 48, onSwapped: .refuse, onUnknown: .flag)
        let domain = try service.createDomain(name: "Bank", options: DomainSettings(simSwap: policy, fallbackAfter: 30))
        let hours = SimSwapEdit.change(change: SimSwapChange(maxAgeHours: .set(value: 24)))
        let changed = try service.changeDomain(
            domain: domain, change: DomainChange(name: .set(value: "New Bank"), simSwap: hours))
        #expect(changed.name == "New Bank" && changed.fallbackAfter == 30)
        #expect(changed.simSwap == SimSwapPolicy(maxAgeHours: 24, onSwapped: .refuse, onUnknown: .flag))
        let bare = try service.changeDomain(
            domain: domain, change: DomainChange(name: .clear, simSwap: .clear, fallbackAfter: .clear))
        #expect(bare.name == nil && bare.simSwap == nil && bare.fallbackAfter == nil)
        #expect(try service.viewDomain(domain: domain).createdAt == changed.createdAt)
    }

    @Test("who asks and what is known of a number decide what is sent") func traffic() throws {
        let limited = TrafficPolicy(perApiKeyAndDay: .atMost(count: 1), denied: ["GG"])
        let service = try service(ServicePolicy(traffic: limited))
        let domain = try service.createDomain()
        func send(_ to: String, _ options: SendOptions) throws {
            _ = try service.send(domain: domain, to: to, channels: [.sms], options: options)
        }
        let byKey = SendOptions(apiKey: "web", destination: Destination(region: "GB"))
        try send("+447700900121", byKey)
        let limit = try refusal { try send("+447700900122", byKey) }
        guard case .sendLimit(_, _, "api-key", _) = limit else { throw Said(description: "\(limit)") }
        let (premium, region) = (Destination(region: "GB", premium: true), Destination(region: "GG"))
        #expect(try refusal { try send(phone, SendOptions(destination: premium)) }.code == "premium-number")
        #expect(try refusal { try send(phone, SendOptions(destination: region)) }.code == "destination-not-allowed")
    }

    @Test("an account is apart from others, and has hours of its own") func accounts() throws {
        let other = UUID(uuidString: "04040404-0404-0404-0404-040404040404")!
        let retention = RetentionPolicy(hours: 1, accounts: [other.uuidString.lowercased(): 2])
        let first = try service(ServicePolicy(retention: retention))
        let second = try first.forAccount(other)
        let sent = try [first, second].map { service in
            try service.send(domain: service.createDomain(), to: phone, channels: [.sms]).otpId
        }
        #expect(outbox.messages.value.map { $0.account() }.last == other.uuidString.lowercased())
        now.value = at(15 + 5400)
        #expect(try refusal { _ = try first.viewChallenge(otpId: sent[0]) }.code == "challenge-not-found")
        #expect(try second.viewChallenge(otpId: sent[1]).status.code() == "expired")
    }

    @Test("an enrolment says which codes it wants, and a Steam code has its window") func parameters() throws {
        let service = try service()
        let domain = try service.createDomain()
        let options = UserOptions(algorithm: .sha256, digits: 8, period: 60)
        guard case .pending(let enrolment) = try service.createUser(domain: domain, userId: "ann", options: options)
        else { throw Said(description: "no enrolment") }
        #expect(enrolment.parameters == TotpParameters(algorithm: .sha256, digits: 8, period: 60))
        let before = try Steam(secret: secret()).generate(time: at(-30))
        for (window, code) in [(nil, "accepted"), (Window(before: 0, after: 0), "mismatch")] as [(Window?, String)] {
            let steam = try Steam(secret: secret(), window: window)
            #expect(steam.verify(code: before, time: at(0), state: TotpState()).code() == code)
        }
    }

    @Test("a length that is no whole number of seconds is refused by name") func lengths() throws {
        let service = try service()
        let domain = try service.createDomain()
        for length in [0.5, 60.5, -60, .nan, .infinity, 1e300] as [TimeInterval] {
            let windows = [1, length].map { SendWindow(span: $0, messages: 1) }
            let works: [(String, String, () throws -> Void)] = [
                ("invalid-period", "period", { _ = try Totp(secret: secret(), period: length) }),
                ("invalid-period", "options.period", {
                    _ = try service.createUser(domain: domain, userId: "ann", options: UserOptions(period: length))
                }),
                ("invalid-expiry", "options.lifetime", {
                    let options = SendOptions(lifetime: length)
                    _ = try service.send(domain: domain, to: phone, channels: [.sms], options: options)
                }),
                ("invalid-fallback-after", "change.fallbackAfter", {
                    let change = DomainChange(fallbackAfter: .set(value: length))
                    _ = try service.changeDomain(domain: domain, change: change)
                }),
                ("invalid-expiry", "policy.defaultLifetime", {
                    _ = try self.service(ServicePolicy(defaultLifetime: length))
                }),
                ("invalid-attempts", "policy.attempts.longestBlock", {
                    _ = try self.service(ServicePolicy(attempts: AttemptPolicy(longestBlock: length)))
                }),
                ("invalid-send-window", "policy.sends.perRecipient[1].span", {
                    _ = try self.service(ServicePolicy(sends: SendPolicy(perRecipient: windows)))
                }),
                ("invalid-argument", "policy.simSwap.cache", {
                    _ = try self.service(ServicePolicy(simSwap: SimSwapCoverage(cache: length)))
                }),
            ]
            for (code, argument, work) in works {
                let found = try refusal(work)
                guard case .invalid(_, _, let named, _, _) = found else { throw Said(description: "\(found)") }
                #expect(found.code == code && named == argument, "\(length): \(found)")
            }
        }
    }
}
