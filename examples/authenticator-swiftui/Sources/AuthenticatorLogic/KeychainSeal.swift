#if canImport(CryptoKit) && canImport(Security)
import CryptoKit
import Foundation
import Security

/// Seals with a key that the keychain of this device keeps, and that does not move to another.
public struct KeychainSeal: Seal {
    public init() {}

    public func seal(_ contents: Data) throws -> Data {
        guard let sealed = try AES.GCM.seal(contents, using: try kept() ?? made()).combined else { throw refused }
        return sealed
    }

    public func open(_ sealed: Data) throws -> Data {
        guard let key = try kept() else { throw refused }
        do {
            return try AES.GCM.open(AES.GCM.SealedBox(combined: sealed), using: key)
        } catch {
            throw refused
        }
    }

    private var refused: VaultError { VaultError("The accounts were sealed by another device or another app.") }

    private var item: [CFString: Any] {
        [
            kSecClass: kSecClassGenericPassword,
            kSecAttrService: "keyfob.authenticator",
            kSecAttrAccount: "accounts",
            kSecUseDataProtectionKeychain: true,
        ]
    }

    private func kept() throws -> SymmetricKey? {
        var found: CFTypeRef?
        let asked = item.merging([kSecReturnData: true]) { $1 }
        switch SecItemCopyMatching(asked as CFDictionary, &found) {
        case errSecSuccess: return (found as? Data).map { SymmetricKey(data: $0) }
        case errSecItemNotFound: return nil
        default: throw VaultError("The keychain is locked. Unlock the device, and try again.")
        }
    }

    private func made() throws -> SymmetricKey {
        let key = SymmetricKey(size: .bits256)
        let new = item.merging([
            kSecValueData: key.withUnsafeBytes { Data($0) },
            kSecAttrAccessible: kSecAttrAccessibleWhenUnlockedThisDeviceOnly,
        ]) { $1 }
        guard SecItemAdd(new as CFDictionary, nil) == errSecSuccess else {
            throw VaultError("The keychain could not keep the key of the accounts. Nothing was changed.")
        }
        return key
    }
}
#endif
