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
/// write and on the disk when ``write(_:)`` returns.
///
/// Without a seal the secrets stand in it as they are: whoever reads the owner's files reads them.
public struct FileVault: Vault {
    private let folder: URL
    private let seal: (any Seal)?

    public init(folder: URL, seal: (any Seal)? = nil) throws {
        (self.folder, self.seal) = (folder, seal)
        try guarded("opened") {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
    }

    public func read() throws -> Data? {
        try guarded("read") {
            guard FileManager.default.fileExists(atPath: file.path) else { return nil }
            let kept = try Data(contentsOf: file)
            return try seal?.open(kept) ?? kept
        }
    }

    public func write(_ contents: Data) throws {
        try guarded("written") {
            let bytes = try seal?.seal(contents) ?? contents
            let next = folder.appendingPathComponent("accounts.new")
            unlink(next.path)  // of a write that was broken off
            let descriptor = open(next.path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
            guard descriptor >= 0 else { throw Failed() }
            defer { close(descriptor) }
            let written = bytes.withUnsafeBytes { buffer in
                var rest = buffer[...]
                while !rest.isEmpty {
                    #if canImport(Glibc)
                    let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                    #else
                    let count = Darwin.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                    #endif
                    guard count > 0 else { return false }
                    rest = rest.dropFirst(count)
                }
                return fsync(descriptor) == 0
            }
            #if os(iOS)
            // Not readable while the device is locked.
            try FileManager.default.setAttributes([.protectionKey: FileProtectionType.complete], ofItemAtPath: next.path)
            #endif
            guard written, rename(next.path, file.path) == 0 else { throw Failed() }
        }
    }

    private var file: URL { folder.appendingPathComponent("accounts") }

    private func guarded<T>(_ done: String, _ work: () throws -> T) throws -> T {
        do {
            return try work()
        } catch let error as VaultError {
            throw error
        } catch {
            throw VaultError("The accounts could not be \(done): see that the disk has room and \(folder.path) is yours.")
        }
    }
}

private struct Failed: Error {}
