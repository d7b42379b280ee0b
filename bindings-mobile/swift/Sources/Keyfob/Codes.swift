import Foundation

/// A code and how long it lasts. It prints as redacted.
public struct Code: Equatable, Sendable {
    /// The code, for the screen of the person it belongs to. Keep it out of logs.
    public let value: String
    /// When the next one takes its place.
    public let validUntil: Date

    /// How long it still lasts at a time, in seconds; nothing once it is over.
    public func remaining(at time: Date) -> TimeInterval {
        max(0, validUntil.timeIntervalSince(time))
    }
}

extension Totp {
    /// The code that is current at a time, and how long it lasts.
    public func code(at time: Date) -> Code {
        Code(value: generate(time: time), validUntil: end(of: time, remaining: remaining(time: time)))
    }

    /// The present code, and then each next one as its time comes.
    ///
    /// It follows `clock`, also one that is set: at the beginning of each of its seconds it looks
    /// what time it is.
    public func codes(clock: @escaping @Sendable () -> Date = { Date() }) -> Codes<WholeSeconds> {
        codes(clock: clock, ticker: WholeSeconds(clock: clock))
    }

    /// As ``codes(clock:)``, and looks what time it is at each tick of `ticker`.
    public func codes<Ticker: AsyncSequence>(
        clock: @escaping @Sendable () -> Date = { Date() }, ticker: Ticker
    ) -> Codes<Ticker> {
        Codes(ticker: ticker) { self.code(at: clock()) }
    }
}

extension Steam {
    /// The code that is current at a time, and how long it lasts.
    public func code(at time: Date) -> Code {
        Code(value: generate(time: time), validUntil: end(of: time, remaining: remaining(time: time)))
    }

    /// As that of ``Totp``.
    public func codes(clock: @escaping @Sendable () -> Date = { Date() }) -> Codes<WholeSeconds> {
        codes(clock: clock, ticker: WholeSeconds(clock: clock))
    }

    /// As that of ``Totp``.
    public func codes<Ticker: AsyncSequence>(
        clock: @escaping @Sendable () -> Date = { Date() }, ticker: Ticker
    ) -> Codes<Ticker> {
        Codes(ticker: ticker) { self.code(at: clock()) }
    }
}

/// Codes as their time comes, until the task that reads them is cancelled or the ticker ends.
public struct Codes<Ticker: AsyncSequence>: AsyncSequence {
    /// What comes.
    public typealias Element = Code

    let ticker: Ticker
    let current: @Sendable () -> Code

    init(ticker: Ticker, current: @escaping @Sendable () -> Code) {
        self.ticker = ticker
        self.current = current
    }

    /// Begins with the present code.
    public func makeAsyncIterator() -> Iterator {
        Iterator(ticks: ticker.makeAsyncIterator(), current: current)
    }

    /// Waits for the next code.
    public struct Iterator: AsyncIteratorProtocol {
        var ticks: Ticker.AsyncIterator
        let current: @Sendable () -> Code
        var last: Date?

        /// The next code that is another than the last.
        public mutating func next() async rethrows -> Code? {
            while try await ticks.next() != nil {
                let code = current()
                if code.validUntil != last {
                    last = code.validUntil
                    return code
                }
            }
            return nil
        }
    }
}

extension Codes: Sendable where Ticker: Sendable {}

/// Ticks at once, and then at the beginning of each second of a clock: what a countdown is drawn
/// by. It ends when the task that reads it is cancelled.
public struct WholeSeconds: AsyncSequence, Sendable {
    /// What comes: the time of the clock.
    public typealias Element = Date

    let clock: @Sendable () -> Date

    /// The seconds of `clock`.
    public init(clock: @escaping @Sendable () -> Date = { Date() }) {
        self.clock = clock
    }

    /// Begins with a tick.
    public func makeAsyncIterator() -> Iterator {
        Iterator(clock: clock)
    }

    /// Waits for the next second.
    public struct Iterator: AsyncIteratorProtocol {
        let clock: @Sendable () -> Date
        var isFirst = true

        /// The time of the clock, at the beginning of its next second.
        public mutating func next() async -> Date? {
            if !isFirst {
                let second = bounded(clock()).timeIntervalSince1970
                let rest = 1 - (second - second.rounded(.down))
                try? await Task.sleep(nanoseconds: UInt64(rest * 1_000_000_000))
            }
            isFirst = false
            return Task.isCancelled ? nil : clock()
        }
    }
}

private func end(of time: Date, remaining: TimeInterval) -> Date {
    Date(timeIntervalSince1970: TimeInterval(max(0, wholeSeconds(time))) + remaining)
}
