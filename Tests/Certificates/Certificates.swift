import Foundation
public import HTTP2

/// A certificate authority and a certificate for localhost, made by the openssl command in a folder of
/// their own.
public final class Certificates: Sendable {
  /// Where the files are.
  public let folder: String

  /// Makes them; a second's work.
  public init() throws {
    folder = NSTemporaryDirectory() + "orderwire-tls-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    guard Self.run(Self.script, in: folder) == 0 else { throw CocoaError(.executableLoad) }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private static let script = """
    new="openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    $new -x509 -keyout ca.key -out ca.pem -subj /CN=test-ca -days 2
    for who in server client; do
      $new -keyout $who.key -out $who.csr -subj /O=tests/CN=$who
      printf 'subjectAltName=DNS:localhost,IP:127.0.0.1,URI:spiffe://tests/%s' $who > $who.ext
      openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out $who.pem \
        -days 2 -extfile $who.ext
    done
    """

  /// Runs a script of the shell; returns its status. Not by Foundation's `Process`: with a thousand
  /// descriptors open it reads beyond the list of them, and that was seen to crash.
  private static func run(_ script: String, in folder: String) -> Int32 {
    let words = ["sh", "-ec", "exec 2>/dev/null; cd \"$0\"\n" + script, folder]
    let arguments = words.map { strdup($0) } + [nil]
    let environment = [strdup("PATH=/usr/local/bin:/usr/bin:/bin"), nil]
    defer { for text in arguments + environment { free(text) } }
    var child = pid_t()
    guard posix_spawn(&child, "/bin/sh", nil, nil, arguments, environment) == 0 else { return -1 }
    var status: Int32 = -1
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    return status
  }

  private func identity(_ who: String) -> TLSIdentity {
    TLSIdentity(
      certificateChainFile: "\(folder)/\(who).pem", privateKeyFile: "\(folder)/\(who).key")
  }

  /// A server's context; without a word on clients' certificates it asks for none.
  public func serverContext(requiresClientCertificate: Bool? = nil) throws -> TLSContext {
    guard let must = requiresClientCertificate else {
      return try TLSContext.server(identity: identity("server"))
    }
    return try TLSContext.server(
      identity: identity("server"), clientAuthorities: "\(folder)/ca.pem",
      requiresClientCertificate: must)
  }

  /// A client's context that trusts the authority.
  public func clientContext(withIdentity: Bool = false) throws -> TLSContext {
    try TLSContext.client(
      authorities: "\(folder)/ca.pem", identity: withIdentity ? identity("client") : nil)
  }
}
