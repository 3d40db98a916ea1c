import Catalog
import Forwarding
import Logging
import Numbers
import Stock
import Testing

@testable import orderwire

@Suite struct ConfigurationTests {
  /// What was given in each place, and a value or a message that must come of it.
  struct Case: Sendable, CustomTestStringConvertible {
    var flags: [Setting: [String]] = [:]
    var environment: [String: String] = [:]
    var file: String?
    var check: @Sendable (Configuration) -> Bool = { _ in false }
    var message = ""
    var testDescription: String {
      message.isEmpty ? "\(flags) \(environment) \(file ?? "")" : message
    }
  }

  static func resolve(_ row: Case) throws(ConfigurationFailure) -> Configuration {
    var layers = [
      ConfigurationLayer(flags: row.flags), try ConfigurationLayer(environment: row.environment),
    ]
    if let file = row.file {
      layers.append(try ConfigurationLayer(file: "o.json", contents: Array(file.utf8)))
    }
    return try Configuration(layers: layers, cores: 3)
  }

  static let accepted: [Case] = [
    Case(
      flags: [.store: ["sqlite:a"]],
      check: {
        $0.listen == [HostAndPort(host: "127.0.0.1", port: 50051)] && $0.listenTLS.isEmpty
          && $0.tls == nil && $0.store == .sqlite(path: "a") && $0.loops == 3
          && $0.grace == .seconds(30) && $0.logLevel == .info && $0.batchLimit == 256
      }),
    Case(
      flags: [.store: ["sqlite:flag"]], environment: ["ORDERWIRE_STORE": "sqlite:environment"],
      file: #"{"store": "sqlite:file"}"#, check: { $0.store == .sqlite(path: "flag") }),
    Case(
      environment: ["ORDERWIRE_STORE": "sqlite:environment"],
      file: #"{"store": "sqlite:file", "loops": 7}"#,
      check: { $0.store == .sqlite(path: "environment") && $0.loops == 7 }),
    Case(
      file: #"{"store": "sqlite:C:/a b", "loops": "8", "grace": 0, "log-level": "debug"}"#,
      check: {
        $0.store == .sqlite(path: "C:/a b") && $0.loops == 8 && $0.grace == .zero
          && $0.logLevel == .debug
      }),
    Case(
      environment: ["ORDERWIRE_STORE": "", "ORDERWIRE_CONFIGURATION": "x", "PATH": "y"],
      file: #"{"store": "sqlite:a"}"#, check: { $0.store == .sqlite(path: "a") }),
    Case(
      flags: [.store: ["sqlite:a"], .listen: ["[::1]:1", ":0", "h:65535"]],
      check: { $0.listen.map(\.description) == ["[::1]:1", "127.0.0.1:0", "h:65535"] }),
    Case(
      flags: [.store: ["sqlite:a"]],
      environment: [
        "ORDERWIRE_LISTEN_TLS": "a:1, b:2", "ORDERWIRE_TLS_CERTIFICATE": "c",
        "ORDERWIRE_TLS_KEY": "k", "ORDERWIRE_TLS_CLIENT_CA": "ca",
      ],
      check: {
        $0.listen.isEmpty && $0.listenTLS.map(\.description) == ["a:1", "b:2"]
          && $0.tls == .init(certificate: "c", key: "k", clientCA: "ca")
      }),
    // A list is taken whole from the layer that wins, never joined with another's.
    Case(
      flags: [.store: ["sqlite:a"], .listen: ["a:1"]],
      file: #"{"listen": ["b:2", "c:3"]}"#, check: { $0.listen.map(\.description) == ["a:1"] }),
    Case(
      flags: [.store: ["sqlite:a"]], file: #"{"listen": "b:2"}"#,
      check: { $0.listen.map(\.description) == ["b:2"] }),
    Case(
      flags: [.store: ["sqlite:a"]],
      check: {
        $0.capacity == CapacityLimits() && $0.maxWaiting == 16_384 && $0.maxWatches == 10_000
          && $0.catalog == CatalogCapacity() && $0.stock == StockCapacity()
          && $0.forwarding == ForwardingCapacity()
      }),
    Case(
      flags: [.store: ["sqlite:a"], .maxPools: ["3"]],
      environment: ["ORDERWIRE_MAX_LIVE_NUMBERS": "10000000", "ORDERWIRE_MAX_POOLS": "4"],
      file: #"{"max-leases": 5, "max-waiting": 1, "max-watches": 2, "max-orders": 6, "#
        + #""max-goods": 7, "max-policies": 8, "max-catalog-items": 9}"#,
      check: {
        $0.capacity
          == CapacityLimits(pools: 3, liveNumbersPerPool: 10_000_000, leasesPerPool: 5)
          && $0.maxWaiting == 1 && $0.maxWatches == 2
          && $0.forwarding == ForwardingCapacity(intakes: 10_000, orders: 6)
          && $0.stock == StockCapacity(goods: 7, policies: 8)
          && $0.catalog == CatalogCapacity(items: 9)
      }),
    // Certificates without a TLS listener harm nobody; `Sources/serve` gives them always.
    Case(
      flags: [.store: ["sqlite:a"], .tlsCertificate: ["c"], .tlsKey: ["k"]],
      check: { $0.tls?.certificate == "c" }),
    Case(flags: [.store: ["sqlite:a", "sqlite:b"]], check: { $0.store == .sqlite(path: "b") }),
  ]

  @Test(arguments: accepted) func accepts(_ row: Case) throws {
    let configuration = try Self.resolve(row)
    #expect(row.check(configuration), "\(configuration)")
  }

  static let refused: [Case] = [
    Case(message: "no store: say where numbers are kept with --store sqlite:PATH"),
    Case(
      flags: [.store: ["postgres://x"]],
      message:
        #"--store: "postgres://x" is not a store this version knows; write sqlite:PATH"#),
    Case(flags: [.store: ["sqlite:"]], message: "--store: sqlite: needs a path, sqlite:PATH"),
    Case(
      environment: ["ORDERWIRE_STOR": "sqlite:a"],
      message: "unknown variable ORDERWIRE_STOR; did you mean ORDERWIRE_STORE?"),
    Case(
      file: #"{"tls_key": "a"}"#,
      message: #"o.json: unknown key "tls_key"; did you mean tls-key?"#),
    Case(
      file: #"{"colour": "a"}"#,
      message: #"o.json: unknown key "colour"; known are listen, listen-tls, metrics-listen, "#
        + "tls-certificate, tls-key, tls-client-ca, store, loops, grace, log-level, max-pools, max-live-numbers, "
        + "max-leases, max-catalog-items, max-catalog-versions, max-goods, max-open-quantities, max-movements, max-policies, max-intakes, "
        + "max-orders, max-waiting, max-watches, batch-limit"),
    Case(file: "[]", message: "o.json: must be a JSON object of settings"),
    Case(file: "{", message: "o.json: is not JSON; python3 -m json.tool o.json says where"),
    Case(
      file: #"{"listen": {"a": 1}}"#,
      message: #"o.json: "listen": must be text, a whole number or a list of texts"#),
    Case(
      file: #"{"loops": 1.5}"#,
      message: #"o.json: "loops": must be text, a whole number or a list of texts"#),
    Case(
      file: #"{"store": ["sqlite:a"]}"#, message: #"o.json: "store": takes one value, not a list"#),
    Case(
      flags: [.store: ["sqlite:a"]], file: #"{"loops": 0}"#,
      message: #"o.json: "loops": "0" is not a whole number from 1 to 256"#),
    Case(
      flags: [.store: ["sqlite:a"], .loops: ["257"]],
      message: #"--loops: "257" is not a whole number from 1 to 256"#),
    Case(
      flags: [.store: ["sqlite:a"], .maxPools: ["0"]],
      message: #"--max-pools: "0" is not a whole number from 1 to 100000"#),
    Case(
      flags: [.store: ["sqlite:a"]], environment: ["ORDERWIRE_MAX_LEASES": "1000001"],
      message: #"ORDERWIRE_MAX_LEASES: "1000001" is not a whole number from 1 to 1000000"#),
    Case(
      flags: [.store: ["sqlite:a"]], file: #"{"max-live-numbers": 10000001}"#,
      message: #"o.json: "max-live-numbers": "10000001" is not a whole number from 1 to 10000000"#),
    Case(
      flags: [.store: ["sqlite:a"], .maxWaiting: ["16385"]],
      message: #"--max-waiting: "16385" is not a whole number from 1 to 16384"#),
    Case(
      flags: [.store: ["sqlite:a"]], environment: ["ORDERWIRE_GRACE": "1h"],
      message: #"ORDERWIRE_GRACE: "1h" is not a whole number from 0 to 3600"#),
    Case(
      flags: [.store: ["sqlite:a"], .logLevel: ["warn"]],
      message: #"--log-level: no level "warn"; did you mean warning?"#),
    Case(
      flags: [.store: ["sqlite:a"], .logLevel: ["silent"]],
      message: #"--log-level: no level "silent"; known are trace, debug, info, notice, "#
        + "warning, error, critical"),
    Case(
      flags: [.store: ["sqlite:a"], .logLevel: ["debgu"]],
      message: #"--log-level: no level "debgu"; did you mean debug?"#),
    Case(
      flags: [.store: ["sqlite:a"], .listenTLS: [":1"]],
      message: "--listen-tls needs --tls-certificate FILE and --tls-key FILE "
        + "(certs/generate makes both for development)"),
    Case(
      flags: [.store: ["sqlite:a"], .listenTLS: [":1"], .tlsCertificate: ["c"]],
      message: "--tls-certificate: needs its key, --tls-key FILE"),
    Case(
      flags: [.store: ["sqlite:a"]], environment: ["ORDERWIRE_TLS_KEY": "k"],
      message: "ORDERWIRE_TLS_KEY: needs its certificate, --tls-certificate FILE"),
    Case(
      flags: [.store: ["sqlite:a"], .tlsClientCA: ["c"]],
      message: "--tls-client-ca: has no effect without --listen-tls, so callers would go unchecked"),
  ]

  @Test(arguments: refused) func refuses(_ row: Case) {
    #expect(throws: ConfigurationFailure(row.message)) { try Self.resolve(row) }
  }

  @Test(arguments: [
    "50051", "a", "a:", "a:b", "a:-1", "a:65536", "::1:5", "[::1]", "[]:1", "a/b:1", "a b:1",
  ])
  func refusesAddress(_ text: String) {
    #expect(HostAndPort(text) == nil)
  }
}
