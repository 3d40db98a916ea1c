internal import EventLoop
internal import HTTP2

extension ServerContext {
  /// How long the client still waits; nil if it didn't say. On the call's loop only.
  public var timeLeft: Duration? { deadline.map { loop.now.duration(to: $0) } }

  /// Who the caller has proved to be, with the kind of the name before it: the one SPIFFE id of its
  /// certificate, else the one DNS name, else the subject. Empty: it has shown no certificate.
  public var principal: String {
    guard let certificate = peer?.tls?.certificate else { return "" }
    let ids = certificate.uris.filter { $0.hasPrefix("spiffe://") }
    if ids.count == 1 { return "spiffe:" + ids[0] }
    if certificate.dnsNames.count == 1 { return "dns:" + certificate.dnsNames[0] }
    return "subject:" + certificate.subject
  }
}
