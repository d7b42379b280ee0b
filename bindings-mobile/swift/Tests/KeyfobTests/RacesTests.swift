import Foundation
import Testing

import Keyfob

/// Of a thousand submissions of one code at once, one is accepted.
@Suite struct RacesTests {
    private let memory = MemoryStorage()

    @Test("a code of a device is accepted once") func once() async throws {
        let accepted = try await accepted(memory)
        print("1000 verifications of one code at once: \(accepted) accepted")
        #expect(accepted == 1)
    }

    /// The control: if it passed, the test above would show nothing.
    @Test("a storage that does not compare accepts it more than once, and is seen") func control() async throws {
        let naive = Altered(memory, swap: { [memory] key, _, record, _ in
            memory.contents.change { $0.records[key] = record }
            return true
        })
        let accepted = try await accepted(naive)
        print("the same over a storage that does not compare: \(accepted) accepted")
        #expect(accepted > 1)
    }

    @Test("a code that was sent is accepted once, from threads too") func threads() throws {
        let outbox = Outbox()
        let service = try Service(keys: keys(), storage: memory, delivery: outbox, clock: { at(15) })
        let sent = try service.send(domain: service.createDomain(), to: phone, channels: [.sms])
        let outcomes = Held<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 1_000) { _ in
            do {
                let outcome = try service.verify(otpId: sent.otpId, code: outbox.code)
                outcomes.change { $0.append(outcome.code()) }
            } catch { outcomes.change { $0.append("\(error)") } }
        }
        #expect(outcomes.value.filter { $0 == "accepted" }.count == 1)
        #expect(outcomes.value.filter { $0 == "replayed" }.count == 999)
    }

    /// How many of a thousand are accepted, where everybody has read before anybody writes.
    private func accepted(_ storage: any Storage) async throws -> Int {
        let service = try AsyncService(keys: keys(), storage: Waiting(storage, pause: 0.05), clock: { at(15) })
        let domain = try await service.createDomain()
        let options = UserOptions(secret: secret(), returnSecret: true)
        _ = try await service.createUser(domain: domain, userId: "ann", options: options)
        let code = try Totp(secret: secret()).generate(time: at(15))
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<1_000 {
                group.addTask {
                    do {
                        return try await service.verifyTotp(domain: domain, userId: "ann", code: code).isAccepted()
                    } catch let error as KeyfobError where error.code == "contention" {
                        return false // that too many wanted one record at once is no acceptance
                    }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }
}
