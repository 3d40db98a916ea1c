import EventLoop
import Glibc
import Store
import Testing

@testable import orderwire

@Suite struct CommandFailureTests {
  @Test(arguments: [
    (StoreError.corrupt("x"), EndStatus.badData),
    (.newerVersion(capability: "numbers", found: 9, known: 1), .badData),
    (.locked(path: "/p"), .unavailable),
    (.notWritable(path: "/p", reason: "x"), .noPermission),
    (.unavailable(.full), .inputOutput),
    (.storage("x"), .inputOutput),
    (.failed("x"), .inputOutput),
    (.statement("x"), .internalFault),
  ])
  func namesTheStore(error: StoreError, status: EndStatus) {
    let failure = CommandFailure(error, store: "/p/s.db")
    #expect(failure == CommandFailure(status, "store /p/s.db: \(error)"))
  }

  @Test(arguments: [
    (EADDRINUSE, EndStatus.unavailable, "h:80 is in use by another program"),
    (EADDRNOTAVAIL, .unavailable, "h:80: this machine has no such address"),
    (
      EACCES, .noPermission,
      "h:80: not allowed; ports below 1024 need CAP_NET_BIND_SERVICE"
    ),
    (EMFILE, .unavailable, "can't listen on h:80: bind h:80: Too many open files"),
  ])
  func namesTheAddress(code: CInt, status: EndStatus, message: String) {
    let failure = CommandFailure(
      SystemError("bind h:80", code: code), listeningOn: HostAndPort(host: "h", port: 80))
    #expect(failure == CommandFailure(status, message))
  }

  @Test(arguments: [
    (
      "private key a.key: error:05800074:x509 certificate routines::key values mismatch",
      "private key a.key: key values mismatch"
    ),
    (
      "certificate a:b.pem: error:0480006C:PEM routines::no start line",
      "certificate a:b.pem: no start line"
    ),
    ("TLS settings", "TLS settings"),
    ("certificate error.pem: strange", "certificate error.pem: strange"),
  ])
  func leavesOutWhatOnlyOpenSSLUnderstands(message: String, expected: String) {
    #expect(CommandFailure.withoutOpenSSLCodes(message) == expected)
  }
}
