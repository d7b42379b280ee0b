// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "authenticator",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [.`library`(name: "AuthenticatorViews", targets: ["AuthenticatorViews"])],
    dependencies: [.package(name: "keyfob", path: "../../bindings-mobile/swift")],
    targets: [
        .target(name: "AuthenticatorLogic", dependencies: [.product(name: "Keyfob", package: "keyfob")]),
        .target(name: "AuthenticatorViews", dependencies: ["AuthenticatorLogic"]),
        .testTarget(name: "AuthenticatorLogicTests", dependencies: ["AuthenticatorLogic"]),
    ]
)
