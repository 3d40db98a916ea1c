/// Who is at the other end of a connection. An object, because each call refers to it.
public final class PeerInfo: Sendable {
  /// Address and port, e.g. `127.0.0.1:40000`.
  public let address: String
  /// What TLS knows of the peer; nil without TLS.
  public let tls: TLSPeer?

  init(address: String, tls: TLSPeer?) {
    self.address = address
    self.tls = tls
  }
}

/// What TLS knows of a peer.
public struct TLSPeer: Sendable {
  /// The protocol's version, e.g. `TLSv1.3`.
  public var version: String
  /// The peer's certificate, verified against the trust roots; nil if it showed none.
  public var certificate: Certificate?

  /// The names in a verified certificate.
  public struct Certificate: Sendable {
    /// The subject's distinguished name in the form of RFC 2253.
    public var subject: String
    /// The alternative names of type DNS.
    public var dnsNames: [String]
    /// The alternative names of type URI, e.g. `spiffe://…`.
    public var uris: [String]
  }
}
