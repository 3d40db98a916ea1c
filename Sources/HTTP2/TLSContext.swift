internal import COpenSSL

/// Why TLS could not be set up; `message` says which file or setting, and what OpenSSL says of it.
public struct TLSConfigurationError: Error, Sendable, CustomStringConvertible {
  public let message: String
  public var description: String { message }

  init(_ what: String) {
    let code = ERR_get_error()
    guard code != 0 else {
      message = what
      return
    }
    var buffer = [CChar](repeating: 0, count: 256)
    ERR_error_string_n(code, &buffer, buffer.count)
    let text = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    message = "\(what): \(String(decoding: text, as: UTF8.self))"
    ERR_clear_error()
  }
}

/// A certificate chain and its key, as PEM files.
public struct TLSIdentity: Sendable {
  public var certificateChainFile: String
  public var privateKeyFile: String

  public init(certificateChainFile: String, privateKeyFile: String) {
    self.certificateChainFile = certificateChainFile
    self.privateKeyFile = privateKeyFile
  }
}

/// An OpenSSL context: TLS 1.2 or 1.3 with ALPN `h2`, with the cipher suites that RFC 9113 section 9.2
/// allows. Connections share it, from any thread.
// @unchecked: SSL_CTX is changed only by `server` and `client`, before they return it to anyone; OpenSSL
// counts its references with locks of its own.
public final class TLSContext: @unchecked Sendable {
  let context: OpaquePointer
  let isServer: Bool

  /// A server's context. With `clientAuthorities` (a PEM file) a client may show a certificate of
  /// theirs, and must if `requiresClientCertificate`.
  public static func server(
    identity: TLSIdentity, clientAuthorities: String? = nil, requiresClientCertificate: Bool = true
  ) throws(TLSConfigurationError) -> TLSContext {
    let tls = try TLSContext(isServer: true)
    try tls.use(identity)
    if let clientAuthorities {
      try tls.trust(clientAuthorities)
      SSL_CTX_set_client_CA_list(tls.context, SSL_load_client_CA_file(clientAuthorities))
      let must = requiresClientCertificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0
      SSL_CTX_set_verify(tls.context, SSL_VERIFY_PEER | must, nil)
      // A resumed session must have been verified by this very server.
      let name = Array("orderwire".utf8)
      SSL_CTX_set_session_id_context(tls.context, name, UInt32(name.count))
    }
    SSL_CTX_set_alpn_select_cb(tls.context, selectProtocol, nil)
    return tls
  }

  /// A client's context that trusts `authorities` (a PEM file), or the system's without it.
  public static func client(
    authorities: String? = nil, identity: TLSIdentity? = nil
  ) throws(TLSConfigurationError) -> TLSContext {
    let tls = try TLSContext(isServer: false)
    if let authorities {
      try tls.trust(authorities)
    } else if SSL_CTX_set_default_verify_paths(tls.context) != 1 {
      throw TLSConfigurationError("the system's trust roots")
    }
    if let identity { try tls.use(identity) }
    SSL_CTX_set_verify(tls.context, SSL_VERIFY_PEER, nil)
    let protocols: [UInt8] = [2, 0x68, 0x32]
    SSL_CTX_set_alpn_protos(tls.context, protocols, UInt32(protocols.count))
    return tls
  }

  private init(isServer: Bool) throws(TLSConfigurationError) {
    ERR_clear_error()
    guard let context = SSL_CTX_new(isServer ? TLS_server_method() : TLS_client_method()) else {
      throw TLSConfigurationError("SSL_CTX_new")
    }
    self.context = context
    self.isServer = isServer
    copenssl_set_stream_modes(context)
    copenssl_set_no_session_cache(context)
    let ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20"
    guard copenssl_set_minimum_version(context, TLS1_2_VERSION) == 1,
      SSL_CTX_set_cipher_list(context, ciphers) == 1,
      copenssl_set_groups(context, "X25519:P-256:P-384") == 1
    else { throw TLSConfigurationError("TLS settings") }
    copenssl_set_http2_options(context)
  }

  deinit { SSL_CTX_free(context) }

  private func use(_ identity: TLSIdentity) throws(TLSConfigurationError) {
    guard SSL_CTX_use_certificate_chain_file(context, identity.certificateChainFile) == 1 else {
      throw TLSConfigurationError("certificate \(identity.certificateChainFile)")
    }
    guard SSL_CTX_use_PrivateKey_file(context, identity.privateKeyFile, SSL_FILETYPE_PEM) == 1,
      SSL_CTX_check_private_key(context) == 1
    else { throw TLSConfigurationError("private key \(identity.privateKeyFile)") }
  }

  private func trust(_ authorities: String) throws(TLSConfigurationError) {
    guard SSL_CTX_load_verify_locations(context, authorities, nil) == 1 else {
      throw TLSConfigurationError("certificate authorities \(authorities)")
    }
  }
}

/// ALPN: `h2` or nothing (RFC 9113 section 3.2).
private func selectProtocol(
  _ ssl: OpaquePointer?, _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
  _ chosenCount: UnsafeMutablePointer<UInt8>?, _ offered: UnsafePointer<UInt8>?, _ count: UInt32,
  _ argument: UnsafeMutableRawPointer?
) -> Int32 {
  guard let offered, let chosen, let chosenCount else { return SSL_TLSEXT_ERR_ALERT_FATAL }
  var position = 0
  while position < Int(count) {
    let length = Int(offered[position])
    guard position + 1 + length <= Int(count) else { break }
    if length == 2, offered[position + 1] == 0x68, offered[position + 2] == 0x32 {
      // It points into the client's list, which outlives the callback.
      chosen.pointee = offered + position + 1
      chosenCount.pointee = 2
      return SSL_TLSEXT_ERR_OK
    }
    position += 1 + length
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL
}
