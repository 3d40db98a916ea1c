import Testing

@testable import RPC

@Suite struct PrincipalTests {
  private static let id = "spiffe://shop/app"

  @Test(
    arguments: [
      ([id], [], "CN=a", "spiffe:spiffe://shop/app"),
      ([id], ["a.example", "b.example"], "", "spiffe:spiffe://shop/app"),
      ([], ["a.example"], "CN=a", "dns:a.example"),
      (["https://a.example"], ["a.example"], "", "dns:a.example"),
      ([], [], "CN=a", "subject:CN=a"),
      (["https://a.example"], [], "CN=a", "subject:CN=a"),
      ([], [], String(repeating: "x", count: 504), "subject:" + String(repeating: "x", count: 504)),
    ] as [([String], [String], String, String)])
  func isTheCertificatesName(
    uris: [String], dnsNames: [String], subject: String, principal: String
  ) throws {
    #expect(
      try ServerContext.principal(uris: uris, dnsNames: dnsNames, subject: subject) == principal)
  }

  @Test(
    arguments: [
      ([], [], "", "PRINCIPAL_MISSING"),
      (["https://a.example"], [], "", "PRINCIPAL_MISSING"),
      ([id, "spiffe://shop/other"], [], "CN=a", "PRINCIPAL_AMBIGUOUS"),
      ([id, "https://a.example"], ["a.example"], "CN=a", "PRINCIPAL_AMBIGUOUS"),
      ([], ["a.example", "b.example"], "CN=a", "PRINCIPAL_AMBIGUOUS"),
      (["https://a.example", "https://b.example"], [], "CN=a", "PRINCIPAL_AMBIGUOUS"),
      ([], [], String(repeating: "x", count: 505), "PRINCIPAL_TOO_LONG"),
    ] as [([String], [String], String, String)])
  func refusesCertificates(
    uris: [String], dnsNames: [String], subject: String, reason: String
  ) {
    do throws(RPCError) {
      let principal = try ServerContext.principal(uris: uris, dnsNames: dnsNames, subject: subject)
      Issue.record("taken for \(principal)")
    } catch {
      #expect(error.code == .unauthenticated)
      #expect(error.errorInfo?.reason == reason)
    }
  }
}
