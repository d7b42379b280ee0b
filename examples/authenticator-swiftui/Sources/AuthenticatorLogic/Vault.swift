import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Where accounts are kept.
public protocol Vault {
    /// What was written last; absent before that.
    func read() throws -> Data?

    /// Takes the place of what was there, whole or not at all.
    func write(_ contents: Data) throws
}

/// Why accounts could not be read or kept, and what to do. It quotes nothing of them.
public struct VaultError: LocalizedError, Equatable {
    public let text: String

    public init(_ text: String) { self.text = text }

    public var errorDescription: String? { text }
}

/// What makes the contents of a file unreadable to others, where the system keeps a key for that.
public protocol Seal {
    func seal(_ contents: Data) throws -> Data

    func open(_ sealed: Data) throws -> Data
}

/// A file that only its owner may read (mode 0600 in a folder of mode 0700), replaced whole at each
/// write and on the disk, under its name, when ``write(_:)`` returns.
///
/// Without a seal the secrets stand in it as they are: whoever reads the owner's files reads them.
///
/// One vault at a time has a folder, in this process or another, until it goes away: a second is
/// refused, so that neither overwrites what the other added.
public final class FileVault: Vault {
    private let folder: URL
    private let seal: (any Seal)?
    private let lock: Descriptor

    public init(folder: URL, seal: (any Seal)? = nil) throws {
        (self.folder, self.seal) = (folder, seal)
        lock = try guarded("opened", folder) {
            let mode: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true, attributes: mode)
            try FileManager.default.setAttributes(mode, ofItemAtPath: folder.path)  // it may have been there
            let lock = try Descriptor(folder.appendingPathComponent("lock"), O_RDWR | O_CREAT | O_CLOEXEC)
            guard flock(lock.number, LOCK_EX | LOCK_NB) == 0 else {
                guard errno == EWOULDBLOCK else { throw Failed() }
                throw VaultError("The authenticator is open already. Go on in its other window, or close that first.")
            }
            return lock
        }
    }

    public func read() throws -> Data? {
        try guarded("read", folder) {
            guard FileManager.default.fileExists(atPath: file.path) else { return nil }
            let kept = try Data(contentsOf: file)
            return try seal?.open(kept) ?? kept
        }
    }

    public func write(_ contents: Data) throws {
        try guarded("written", folder) {
            let bytes = try seal?.seal(contents) ?? contents
            let next = folder.appendingPathComponent("accounts.new")
            unlink(next.path)  // of a write that was broken off
            let new = try Descriptor(next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC)
            #if os(iOS)
            // Not readable while the device is locked.
            try FileManager.default.setAttributes([.protectionKey: FileProtectionType.complete], ofItemAtPath: next.path)
            #endif
            try new.write(bytes)
            try new.keep()
            guard rename(next.path, file.path) == 0 else { throw Failed() }
            try Descriptor(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC).keep()  // the new name, too
        }
    }

    private var file: URL { folder.appendingPathComponent("accounts") }
}

private func guarded<T>(_ done: String, _ folder: URL, _ work: () throws -> T) throws -> T {
    do {
        return try work()
    } catch let error as VaultError {
        throw error
    } catch {
        throw VaultError("The accounts could not be \(done): see that the disk has room and \(folder.path) is yours.")
    }
}

private struct Failed: Error {}

/// A file that is open until this goes away. One that is made is for its owner alone.
private final class Descriptor {
    let number: CInt

    init(_ url: URL, _ flags: CInt) throws {
        number = open(url.path, flags, 0o600)
        guard number >= 0 else { throw Failed() }
    }

    deinit { close(number) }

    func write(_ bytes: Data) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { System.write(number, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Failed() }
            rest = rest.dropFirst(count)
        }
    }

    /// Returns when it is on the disk.
    func keep() throws {
        #if canImport(Darwin)
        if fcntl(number, F_FULLFSYNC) != -1 { return }  // fsync alone leaves it in the disk's own memory
        #endif
        guard fsync(number) == 0 else { throw Failed() }
    }
}

private enum System {
    static func write(_ number: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
        #if canImport(Glibc)
        Glibc.write(number, bytes, count)
        #else
        Darwin.write(number, bytes, count)
        #endif
    }
}
