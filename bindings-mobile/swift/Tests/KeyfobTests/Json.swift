import Foundation

/// What a vector file holds. Numbers keep every digit.
enum Json: Decodable, Equatable, CustomStringConvertible {
    case null, flag(Bool), number(String), text(String), list([Json]), object([String: Json])

    init(from decoder: any Decoder) throws {
        if let object = try? decoder.container(keyedBy: Name.self) {
            self = .object(try Dictionary(uniqueKeysWithValues: object.allKeys.map {
                ($0.stringValue, try object.decode(Json.self, forKey: $0))
            }))
            return
        }
        let value = try decoder.singleValueContainer()
        if value.decodeNil() { self = .null }
        else if let flag = try? value.decode(Bool.self) { self = .flag(flag) }
        else if let text = try? value.decode(String.self) { self = .text(text) }
        else if let number = try? value.decode(Int64.self) { self = .number("\(number)") }
        else if let number = try? value.decode(UInt64.self) { self = .number("\(number)") }
        else { self = .list(try value.decode([Json].self)) }
    }

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    subscript(name: String) -> Json? {
        if case .object(let object) = self { object[name] } else { nil }
    }

    var string: String {
        switch self {
        case .text(let text), .number(let text): text
        case .flag(let flag): "\(flag)"
        default: ""
        }
    }

    var list: [Json] { if case .list(let list) = self { list } else { [] } }
    var object: [String: Json] { if case .object(let object) = self { object } else { [:] } }

    func text(_ name: String) -> String { self[name]?.string ?? "" }
    func int(_ name: String) -> Int32? { self[name].flatMap { Int32($0.string) } }
    func long(_ name: String) -> UInt64 { UInt64(text(name))! }
    func words(_ name: String) -> [String: String]? { self[name]?.object.mapValues(\.string) }

    var description: String {
        switch self {
        case .null: "null"
        case .flag, .number: string
        case .text(let text): "\"\(text)\""
        case .list(let list): "\(list)"
        case .object(let object): "\(object.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" })"
        }
    }
}

func json(_ value: Any?) -> Json {
    switch value {
    case nil: .null
    case let json as Json: json
    case let flag as Bool: .flag(flag)
    case let text as String: .text(text)
    case let list as [Any?]: .list(list.map(json))
    case let object as [String: Any?]: .object(object.mapValues(json))
    case let number as any BinaryInteger: .number("\(number)")
    case let number as Double: .number("\(Int64(number))")
    case .some(let optional as Any?): optional == nil ? .null : .text("\(optional!)")
    }
}

func present(_ object: [String: Any?]) -> [String: Any?] { object.filter { json($0.value) != .null } }

let within = URL(fileURLWithPath: ProcessInfo.processInfo.environment["KEYFOB_TESTS"]!)

func read(_ file: String) throws -> Json {
    try JSONDecoder().decode(Json.self, from: Data(contentsOf: within.appendingPathComponent("vectors/\(file)")))
}

func cases(_ file: String) throws -> [Json] { try read(file)["cases"]!.list }

func total(_ file: String) throws -> Int { Int(try read("manifest.json").text(file))! }

extension Data {
    var hex: String { map { String(format: "%02x", $0) }.joined() }

    init(hex: String) {
        let digits = Array(hex)
        self.init(stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! })
    }
}
