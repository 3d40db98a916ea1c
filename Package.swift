// swift-tools-version: 6.2
import PackageDescription

/// In continuous integration a warning is an error; elsewhere it isn't, so that a newer toolchain still builds this.
let warnings: [SwiftSetting] =
  Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]

/// Every Swift target is built with these: Swift 6 language mode and the upcoming features of our style.
let swift: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // Measured: 1.0k instructions a call. Debug builds and tests keep the checks.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
  ] + warnings

/// A C library from Debian: a header with what Swift can't import as it is, and a module map.
func library(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swift)
}

/// The tests of module `name` are in `Tests/name`.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)", swiftSettings: swift)
}

let package = Package(
  name: "Orderwire",
  products: [
    .executable(name: "orderwire", targets: ["orderwire"]),
    .executable(name: "protoc-gen-orderwire", targets: ["protoc-gen-orderwire"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
  ],
  targets: [
    .target(name: "CLinux"),
    library("CNGHTTP2", pkgConfig: "libnghttp2", apt: "libnghttp2-dev"),
    library("COpenSSL", pkgConfig: "openssl", apt: "libssl-dev"),
    library("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
    library("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    library("CProtobufC", pkgConfig: "libprotobuf-c", apt: "libprotobuf-c-dev"),
    .target(name: "CMessages", dependencies: ["CProtobufC"]),
    .target(name: "CDescriptor", dependencies: ["CProtobufC"]),

    module("Messages", ["CMessages", "CProtobufC"]),
    module("Crypto", ["COpenSSL"]),
    module("EventLoop", ["CLinux"]),
    module("HTTP2", ["EventLoop", "CLinux", "CNGHTTP2", "COpenSSL"]),
    module("RPC", ["HTTP2", "EventLoop", "Messages", "CMessages", "CZlib"]),
    module("API", ["RPC", "Messages", "CMessages"]),
    module("Store", ["CSQLite", "CLinux"]),
    module("Calls", ["RPC", "Messages", "Store", "Crypto"]),
    module("Numbers", ["Calls", "API", "RPC", "Messages", "Store", "Crypto"]),
    module("Warnings", ["Numbers", "Calls", "API", "RPC", "Messages", "Store", "Crypto"]),
    module("Catalog", ["Numbers", "Calls", "API", "RPC", "Messages", "Store"]),
    module("Stock", ["Numbers", "Calls", "API", "RPC", "Messages", "Store"]),
    module(
      "Forwarding",
      [
        "Warnings", "Catalog", "Stock", "Numbers", "Calls", "API", "RPC", "Messages", "Store",
        "Crypto",
      ]),
    .executableTarget(
      name: "orderwire",
      dependencies: [
        "Numbers", "Warnings", "Catalog", "Stock", "Forwarding", "API", "RPC", "HTTP2", "EventLoop",
        "Store", "Messages",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: swift),
    .executableTarget(
      name: "protoc-gen-orderwire", dependencies: ["CDescriptor", "CProtobufC"],
      swiftSettings: swift),

    .testTarget(
      name: "MessagesTests",
      dependencies: ["Messages", "TestMessages", "TestServices", "RPC", "HTTP2", "EventLoop"],
      path: "Tests/Messages",
      exclude: [
        "CTestMessages", "TestMessages", "TestServices", "RoundTrip", "Protos", "names",
        "round_trip_test.py",
      ],
      swiftSettings: swift),
    // What the tests of Messages need: a proto with every feature, and a program for Python's side.
    .target(
      name: "CTestMessages", dependencies: ["CMessages"], path: "Tests/Messages/CTestMessages"),
    .target(
      name: "TestMessages", dependencies: ["Messages", "CTestMessages", "CMessages"],
      path: "Tests/Messages/TestMessages", swiftSettings: swift),
    .target(
      name: "TestServices",
      dependencies: ["RPC", "Messages", "TestMessages", "CTestMessages", "CMessages"],
      path: "Tests/Messages/TestServices", swiftSettings: swift),
    .executableTarget(
      name: "message-round-trip", dependencies: ["Messages", "TestMessages"],
      path: "Tests/Messages/RoundTrip", swiftSettings: swift),
    tests("Generator", ["protoc-gen-orderwire"]),
    tests("EventLoop", ["EventLoop"]),
    .target(
      name: "TestCertificates", dependencies: ["HTTP2"], path: "Tests/Certificates",
      swiftSettings: swift),
    tests("HTTP2", ["HTTP2", "EventLoop", "TestCertificates"]),
    tests("RPC", ["RPC", "HTTP2", "EventLoop", "Messages", "Echo", "TestCertificates"]),
    .target(
      name: "Echo", dependencies: ["RPC", "EventLoop", "Messages"], path: "Tests/Echo",
      swiftSettings: swift),
    .executableTarget(
      name: "rpc-testserver",
      dependencies: ["Echo", "TestServices", "RPC", "HTTP2", "EventLoop"],
      path: "Tests/Wire/Server", swiftSettings: swift),
    // A server for gRPC's interop clients, and what its service is generated from.
    .target(
      name: "CGRPCTesting", dependencies: ["CMessages", "CProtobufC"],
      path: "Tests/Conformance/CGRPCTesting"),
    .target(
      name: "GRPCTesting", dependencies: ["RPC", "Messages", "CGRPCTesting", "CMessages"],
      path: "Tests/Conformance/GRPCTesting", swiftSettings: swift),
    .executableTarget(
      name: "conformance-server", dependencies: ["GRPCTesting", "RPC", "HTTP2", "EventLoop"],
      path: "Tests/Conformance/Server", swiftSettings: swift),
    .executableTarget(
      name: "store-bench", dependencies: ["Store"], path: "Tests/Benchmarks/store-bench",
      swiftSettings: swift),
    .target(name: "CFaultVFS", dependencies: ["CSQLite"], path: "Tests/Faults/CFaultVFS"),
    .target(
      name: "StoreFaults", dependencies: ["Store", "CFaultVFS", "CSQLite"],
      path: "Tests/Faults/StoreFaults",
      swiftSettings: swift),
    tests("Store", ["Store", "StoreFaults"]),
    tests("Calls", ["Calls"]),
    tests(
      "Numbers",
      ["Numbers", "Calls", "API", "RPC", "HTTP2", "EventLoop", "Messages", "Store", "StoreFaults"]),
    tests(
      "Warnings",
      ["Warnings", "Numbers", "API", "RPC", "EventLoop", "Messages", "Store", "StoreFaults"]),
    tests("Catalog", ["Catalog", "API", "Store", "StoreFaults"]),
    tests("Stock", ["Stock", "Store", "StoreFaults"]),
    tests(
      "Forwarding",
      [
        "Forwarding", "Catalog", "Stock", "Warnings", "Numbers", "API", "RPC", "Messages",
        "Store", "StoreFaults",
      ]),
    tests("Orderwire", ["orderwire"]),
    tests("Tidy", []),
  ]
)
