internal import COpenSSL
internal import EventLoop
internal import Glibc

/// What a read, a write or a handshake step came to.
enum TransportResult {
  /// So many bytes; a handshake is done.
  case done(Int)
  /// Wait until the socket is readable.
  case needsRead
  /// Wait until the socket is writable.
  case needsWrite
  /// The peer closed its side in good order.
  case ended
  case failed(String)
}

/// A connected socket, with TLS on it or not: the one place where the two differ.
/// Owns the descriptor. Confined to its connection's loop.
final class Transport {
  let fd: Int32
  private let ssl: OpaquePointer?
  private var isHandshakeDone: Bool

  init(fd: Int32) {
    self.fd = fd
    ssl = nil
    isHandshakeDone = true
  }

  /// `serverName` is what a client checks the server's certificate for.
  init?(fd: Int32, tls: TLSContext, serverName: String?) {
    guard let ssl = SSL_new(tls.context) else { return nil }
    self.fd = fd
    self.ssl = ssl
    isHandshakeDone = false
    SSL_set_fd(ssl, fd)
    if tls.isServer {
      SSL_set_accept_state(ssl)
    } else {
      SSL_set_connect_state(ssl)
      if let serverName { expect(serverName, ssl) }
    }
  }

  deinit {
    if let ssl { SSL_free(ssl) }
    close(fd)
  }

  private func expect(_ serverName: String, _ ssl: OpaquePointer) {
    var address = in6_addr()
    let isAddress =
      inet_pton(AF_INET, serverName, &address) == 1
      || inet_pton(AF_INET6, serverName, &address) == 1
    if isAddress {
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), serverName)
    } else {
      SSL_set1_host(ssl, serverName)
      _ = copenssl_set_server_name(ssl, serverName)
    }
  }

  /// Goes on with the handshake; without TLS it is done from the start.
  func handshake() -> TransportResult {
    guard let ssl, !isHandshakeDone else { return .done(0) }
    ERR_clear_error()
    let code = SSL_do_handshake(ssl)
    guard code == 1 else { return result(ssl, code) }
    isHandshakeDone = true
    var chosen: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    SSL_get0_alpn_selected(ssl, &chosen, &count)
    guard count == 2, let chosen, chosen[0] == 0x68, chosen[1] == 0x32 else {
      return .failed("the peer did not choose h2 by ALPN")
    }
    return .done(0)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> TransportResult {
    if let ssl {
      ERR_clear_error()
      let count = SSL_read(ssl, buffer.baseAddress, Int32(buffer.count))
      return count > 0 ? .done(Int(count)) : result(ssl, count)
    }
    let count = recv(fd, buffer.baseAddress, buffer.count, 0)
    if count > 0 { return .done(count) }
    if count == 0 { return .ended }
    return errno == EAGAIN || errno == EINTR ? .needsRead : .failed(errnoText("recv"))
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> TransportResult {
    if let ssl {
      ERR_clear_error()
      let count = SSL_write(ssl, bytes.baseAddress, Int32(bytes.count))
      return count > 0 ? .done(Int(count)) : result(ssl, count)
    }
    let count = send(fd, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    if count >= 0 { return .done(count) }
    return errno == EAGAIN || errno == EINTR ? .needsWrite : .failed(errnoText("send"))
  }

  var isTLS: Bool { ssl != nil }

  /// What a non-blocking connect failed with, once the socket is writable.
  var connectError: SystemError? {
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length)
    return code == 0 ? nil : SystemError("connect", code: code)
  }

  /// Whether TLS holds bytes that epoll will not report.
  var hasBufferedInput: Bool {
    guard let ssl else { return false }
    return SSL_has_pending(ssl) == 1
  }

  /// Says goodbye, as far as the socket takes it, and that nothing more will be sent.
  func shutDown() {
    if let ssl {
      if isHandshakeDone { SSL_shutdown(ssl) }
      ERR_clear_error()
    }
    shutdown(fd, Int32(SHUT_WR))
  }

  private func result(_ ssl: OpaquePointer, _ code: Int32) -> TransportResult {
    switch SSL_get_error(ssl, code) {
    case SSL_ERROR_WANT_READ: return .needsRead
    case SSL_ERROR_WANT_WRITE: return .needsWrite
    case SSL_ERROR_ZERO_RETURN: return .ended
    case SSL_ERROR_SYSCALL where errno == 0: return .ended
    case SSL_ERROR_SYSCALL: return .failed(errnoText("TLS"))
    default:
      let verification = SSL_get_verify_result(ssl)
      if verification != Int(X509_V_OK), let text = X509_verify_cert_error_string(verification) {
        return .failed("TLS: certificate: \(String(cString: text))")
      }
      return .failed(TLSConfigurationError("TLS").message)
    }
  }

  private func errnoText(_ what: String) -> String { "\(what): errno \(errno)" }

  /// What TLS knows of the peer, once the handshake is done.
  var peer: TLSPeer? {
    guard let ssl else { return nil }
    let version = SSL_get_version(ssl).map { String(cString: $0) } ?? "TLS"
    return TLSPeer(version: version, certificate: certificate(ssl))
  }

  private func certificate(_ ssl: OpaquePointer) -> TLSPeer.Certificate? {
    guard let certificate = SSL_get1_peer_certificate(ssl) else { return nil }
    defer { X509_free(certificate) }
    guard SSL_get_verify_result(ssl) == Int(X509_V_OK),
      SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER != 0
    else { return nil }
    var found = TLSPeer.Certificate(subject: subject(of: certificate), dnsNames: [], uris: [])
    guard let names = copenssl_alternative_names(certificate) else { return found }
    defer { GENERAL_NAMES_free(names) }
    for index in 0..<copenssl_name_count(names) {
      var isURI: Int32 = 0
      var count: Int32 = 0
      guard let text = copenssl_name(names, index, &isURI, &count) else { continue }
      let bytes = UnsafeBufferPointer(start: text, count: Int(count))
      // A name with a NUL in it is a trick: what is checked would differ from what is shown.
      guard !bytes.contains(0) else { continue }
      let name = String(decoding: bytes, as: UTF8.self)
      if isURI != 0 { found.uris.append(name) } else { found.dnsNames.append(name) }
    }
    return found
  }

  private func subject(of certificate: OpaquePointer) -> String {
    guard let output = BIO_new(BIO_s_mem()) else { return "" }
    defer { BIO_free(output) }
    guard copenssl_print_subject(output, certificate) >= 0 else { return "" }
    var bytes = [UInt8](repeating: 0, count: 1024)
    let count = BIO_read(output, &bytes, Int32(bytes.count))
    return String(decoding: bytes.prefix(max(0, Int(count))), as: UTF8.self)
  }
}
