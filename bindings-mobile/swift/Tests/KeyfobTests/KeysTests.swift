import Foundation
import Testing

import Keyfob

/// Which of several sealing keys seals, and which open.
@Suite struct KeysTests {
    private let memory = MemoryStorage()
    private let first: [UInt32: Data] = [1: Data(repeating: 78, count: 32)]
    private let both: [UInt32: Data] = [1: Data(repeating: 78, count: 32), 2: Data(repeating: 79, count: 32)]

    /// As often as it takes to meet every order that a dictionary may come in.
    @Test("after a rotation the key with the highest number seals, in whatever order they come") func highest() throws {
        for round in 1...40 {
            let seen = Held<Set<UInt32>>([])
            _ = try service(both, seen).createDomain(name: "Example Bank")
            #expect(seen.value == [2], "round \(round)")
        }
    }

    @Test("what was sealed before a rotation opens after it") func rotated() throws {
        let seen = Held<Set<UInt32>>([])
        let domain = try service(first, seen).createDomain(name: "Example Bank")
        #expect(seen.value == [1])
        let rotated = try service(both, seen)
        #expect(try rotated.viewDomain(domain: domain).name == "Example Bank")
        _ = try rotated.changeDomain(domain: domain, change: DomainChange(name: .set(value: "New Bank")))
        #expect(seen.value == [1, 2])
    }

    /// A service that notes the numbers of the keys that records were sealed under: four bytes,
    /// the lowest first, after that of the format.
    private func service(_ sealing: [UInt32: Data], _ seen: Held<Set<UInt32>>) throws -> Service {
        let storage = Altered(memory, swap: { [memory] key, expected, record, now in
            if let data = record?.data {
                let number = data.dropFirst().prefix(4).reversed().reduce(0) { ($0 << 8) | UInt32($1) }
                seen.change { _ = $0.insert(number) }
            }
            return try memory.swap(key: key, expected: expected, record: record, now: now)
        })
        let keys = try Keys(root: Data(repeating: 77, count: 32), sealing: sealing)
        return try Service(keys: keys, storage: storage, clock: { at(15) })
    }
}
