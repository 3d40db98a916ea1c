import Testing

/// The arrows of the README's picture: who may import whom. Whoever adds one here draws it there.
@Suite struct ImportTests {
  /// Each module, and all it may import of ours, of C, and of the platform.
  static let allowed: [String: Set<String>] = [
    "Messages": ["CMessages", "CProtobufC", "Glibc"],
    "Crypto": ["COpenSSL", "Glibc"],
    "EventLoop": ["CLinux", "Glibc", "Synchronization"],
    "HTTP2": ["EventLoop", "CLinux", "CNGHTTP2", "COpenSSL", "Glibc", "Synchronization"],
    "RPC": [
      "HTTP2", "EventLoop", "Messages", "CMessages", "CZlib", "Glibc", "Synchronization",
    ],
    "API": ["RPC", "Messages", "CMessages"],
    "Store": ["CSQLite", "CLinux", "Glibc", "Synchronization"],
    "Calls": ["RPC", "Messages", "Store", "Crypto", "Synchronization"],
    // A capability knows calls, messages and the store; never streams, loops or a database's library.
    "Numbers": [
      "Calls", "API", "RPC", "Messages", "Store", "Crypto", "Glibc", "Synchronization",
    ],
    "Warnings": [
      "Numbers", "Calls", "API", "RPC", "Messages", "Store", "Crypto", "Glibc", "Synchronization",
    ],
    "Catalog": ["Numbers", "Calls", "API", "RPC", "Messages", "Store"],
    "Stock": ["Numbers", "Calls", "API", "RPC", "Messages", "Store"],
    "Forwarding": [
      "Warnings", "Catalog", "Stock", "Numbers", "Calls", "API", "RPC", "Messages", "Store",
      "Crypto", "Synchronization",
    ],
    "orderwire": [
      "Numbers", "Warnings", "Catalog", "Stock", "Forwarding", "API", "RPC", "HTTP2", "EventLoop",
      "Store", "Messages",
      "ArgumentParser",
      "Logging",
      "Glibc", "FoundationEssentials", "Synchronization",
    ],
    "protoc-gen-orderwire": ["Messages", "CDescriptor", "CProtobufC", "Glibc"],
  ]

  @Test func everyModuleImportsOnlyWhatItMay() throws {
    for file in try SourceTree.swiftFiles() {
      let allowed = try #require(Self.allowed[file.module], "\(file.module) has no row here")
      for (module, _) in file.imports {
        #expect(allowed.contains(module), "\(file.path) imports \(module)")
      }
    }
  }

  @Test func noCTypeIsInAPublicSignature() throws {
    let libraries: Set = [
      "CLinux", "CNGHTTP2", "COpenSSL", "CSQLite", "CProtobufC", "CZlib", "CMessages",
      "CDescriptor",
    ]
    for file in try SourceTree.swiftFiles() {
      for (module, isPublic) in file.imports where isPublic {
        #expect(!libraries.contains(module), "\(file.path) imports \(module) publicly")
      }
    }
  }

  /// Rules are tested as tables with nothing around them, so they may depend on nothing.
  @Test func rulesImportNothing() throws {
    for file in try SourceTree.swiftFiles() where file.path.contains("/Rules/") {
      #expect(file.imports.isEmpty, "\(file.path) imports \(file.imports.map(\.module))")
    }
  }

  @Test(arguments: [
    ("import Glibc", "Glibc", false), ("internal import CSQLite", "CSQLite", false),
    ("public import Messages", "Messages", true), ("@testable import RPC", "RPC", false),
    ("import struct Glibc.timespec", "Glibc", false),
  ])
  func readsImports(line: String, module: String, isPublic: Bool) {
    let imports = SourceTree.File(path: "Sources/X/Y.swift", lines: [line]).imports
    #expect(imports.map(\.module) == [module])
    #expect(imports.map(\.isPublic) == [isPublic])
  }

  @Test(arguments: ["// import Glibc", "let important = 1", "  /// Never import Foundation"])
  func readsNoImport(line: String) {
    #expect(SourceTree.File(path: "Sources/X/Y.swift", lines: [line]).imports.isEmpty)
  }
}
