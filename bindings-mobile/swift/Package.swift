// swift-tools-version: 6.0
import PackageDescription

// What the engine is linked from: on Apple's platforms the XCFramework beside this file, elsewhere
// a library of the system, found by `-L` and at run time by `LD_LIBRARY_PATH`.
#if canImport(Darwin)
let engine = Target.binaryTarget(name: "KeyfobFFI", path: "KeyfobFFI.xcframework")
#else
let engine = Target.systemLibrary(name: "KeyfobFFI", path: "headers/KeyfobFFI")
#endif

let package = Package(
    name: "keyfob",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: [.`library`(name: "Keyfob", targets: ["Keyfob"])],
    targets: [
        engine,
        .target(
            name: "Keyfob",
            dependencies: ["KeyfobFFI"],
            swiftSettings: [.swiftLanguageMode(.v5)]  // the generated sources ask for it
        ),
        .testTarget(name: "KeyfobTests", dependencies: ["Keyfob"]),
    ]
)
