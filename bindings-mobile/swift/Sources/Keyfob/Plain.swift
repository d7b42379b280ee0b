import Foundation

// How what is called often crosses. A code is one number: its characters, the first in the
// lowest byte.

func unpacked(_ symbols: Int64) -> String {
    withUnsafeBytes(of: UInt64(bitPattern: symbols).littleEndian) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}

func packed(_ code: String) -> Int64 {
    Int64(bitPattern: code.utf8.prefix(8).reversed().reduce(0) { ($0 << 8) | UInt64($1) })
}

/// The farthest that is told, in seconds: some thirty million years. What is farther, or no number
/// at all, is this far; so no time that is given ends the process.
private let farthest: TimeInterval = 1e15

func wholeSeconds(_ time: Date) -> Int64 {
    Int64(bounded(time).timeIntervalSince1970.rounded(.down))
}

func bounded(_ time: Date) -> Date {
    let seconds = time.timeIntervalSince1970
    guard !seconds.isNaN else { return Date(timeIntervalSince1970: 0) }
    guard abs(seconds) > farthest else { return time }
    return Date(timeIntervalSince1970: seconds < 0 ? -farthest : farthest)
}

/// What is no number of whole seconds from 0 on is -1, and the engine refuses it by name.
func wholeSeconds(_ length: TimeInterval) -> Int64 {
    (0...farthest).contains(length) && length == length.rounded() ? Int64(length) : -1
}
