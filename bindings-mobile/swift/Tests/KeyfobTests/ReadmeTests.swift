import Foundation
import Testing

import Keyfob

/// What the pieces of code in the README take for granted: what a reader has of their own. They are
/// tests of an extension that is written from the README when the package is tested.
@Suite struct ReadmeTests {
    let totp = try! Totp(secret: secret())
    let enrolment = try! Enrolment.totp(secret: secret(), account: "ann")
    let keys: Keys = KeyfobTests.keys()
    let storage: any AsyncStorage
    let domain: String
    let typed: String

    init() throws {
        let memory = MemoryStorage()
        let service = try Service(keys: keys, storage: memory)
        domain = try service.createDomain(name: "Example Bank")
        let options = UserOptions(secret: secret(), returnSecret: true)
        _ = try service.createUser(domain: domain, userId: "ann", options: options)
        storage = Waiting(memory)
        typed = totp.generate(time: Date())
    }

    func show(_ code: String, until: Date) {
        #expect(code.count == 6 && until > Date())
        withUnsafeCurrentTask { $0?.cancel() } // the codes go on for ever
    }

    @Test("the README opens with three lines that a newcomer can run") func opening() throws {
        let readme = try String(contentsOf: within.appendingPathComponent("package/README.md"), encoding: .utf8)
        let piece = readme.components(separatedBy: "```swift\n")[1].components(separatedBy: "```")[0]
        #expect(piece.split(separator: "\n").count == 3)
        #expect(readme.components(separatedBy: "One-time passwords")[0].contains(piece))
    }
}
