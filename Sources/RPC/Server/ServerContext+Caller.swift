internal import EventLoop
internal import HTTP2

extension ServerContext {
  /// What capabilities store with all that a caller holds.
  static let principalBytes = 512

  /// How long the client still waits; nil if it didn't say. On the call's loop only.
  public var timeLeft: Duration? { deadline.map { loop.now.duration(to: $0) } }

  /// Who the caller has proved to be, with the kind of the name before it: the SPIFFE id of its
  /// certificate, else its DNS name, else the subject. Empty: it has shown no certificate.
  ///
  /// A certificate without a name, or with several of a kind, is UNAUTHENTICATED: two callers must
  /// never be taken for one, nor one for two.
  public var principal: String {
    get throws(RPCError) {
      guard let certificate = peer?.tls?.certificate else { return "" }
      return try Self.principal(
        uris: certificate.uris, dnsNames: certificate.dnsNames, subject: certificate.subject)
    }
  }

  static func principal(
    uris: [String], dnsNames: [String], subject: String
  ) throws(RPCError) -> String {
    let principal: String
    if uris.contains(where: { $0.hasPrefix("spiffe://") }) {
      // A SPIFFE id is a certificate's only URI.
      guard uris.count == 1 else { throw ambiguous("several URIs") }
      principal = "spiffe:" + uris[0]
    } else if !dnsNames.isEmpty {
      guard dnsNames.count == 1 else { throw ambiguous("several DNS names") }
      principal = "dns:" + dnsNames[0]
    } else {
      guard uris.count <= 1 else { throw ambiguous("several URIs") }
      guard !subject.isEmpty else {
        throw RPCError(
          .unauthenticated, reason: "PRINCIPAL_MISSING",
          "the client's certificate has no SPIFFE id, no DNS name and no subject")
      }
      principal = "subject:" + subject
    }
    guard principal.utf8.count <= principalBytes else {
      throw RPCError(
        .unauthenticated, reason: "PRINCIPAL_TOO_LONG",
        "the name in the client's certificate has over \(principalBytes) bytes with its kind",
        metadata: ["limit": "\(principalBytes)"])
    }
    return principal
  }

  private static func ambiguous(_ what: String) -> RPCError {
    RPCError(
      .unauthenticated, reason: "PRINCIPAL_AMBIGUOUS", "the client's certificate has \(what)")
  }
}
