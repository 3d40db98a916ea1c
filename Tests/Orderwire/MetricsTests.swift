import Testing

@testable import orderwire

@Suite struct MetricsTests {
  @Test func samplesOfAFamilyStandTogetherAndLabelsAreEscaped() {
    let orders = MetricsText.Family(name: "orders", help: "Orders.")
    let rate = MetricsText.Family(name: "rate", help: "A second.")
    var metrics = MetricsText()
    metrics.gauge(orders, 3, (name: "lane", value: "0"))
    metrics.gauge(rate, 0.5)
    metrics.gauge(orders, 1e6, (name: "lane", value: "a\"b\\c\nd"), (name: "x", value: ""))
    #expect(
      metrics.text == """
        # HELP orders Orders.
        # TYPE orders gauge
        orders{lane="0"} 3
        orders{lane="a\\"b\\\\c\\nd",x=""} 1000000
        # HELP rate A second.
        # TYPE rate gauge
        rate 0.5

        """)
    #expect(metrics.samples == 3)
  }

  @Test(arguments: [
    ("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/metrics"),
    ("HEAD /metrics?x=1&y HTTP/1.0\n\n", "HEAD", "/metrics"),
    ("GET / HTTP/1.1", "GET", "/"),
  ])
  func requestLinesAreRead(head: String, method: String, path: String) {
    let line = HTTPRequestLine(head.utf8)
    #expect(line?.method == method && line?.path == path)
  }

  @Test(arguments: [
    "", "\r\n\r\n", "GET /metrics", "GET  HTTP/1.1", "GET metrics HTTP/1.1", "GET / HTTP/2.0",
    " / HTTP/1.1", "GET / / HTTP/1.1", "PRI * HTTP/2.0\r\n\r\n",
  ])
  func whatIsNoRequestLineIsNone(head: String) { #expect(HTTPRequestLine(head.utf8) == nil) }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\n\r\n", true), ("GET / HTTP/1.1\n\n", true), ("a\r\nb\r\n\r\nc", true),
    ("GET / HTTP/1.1\r\n", false), ("GET / HTTP/1.1\r\nHost: a\r\n", false), ("", false),
  ])
  func headEndsWithAnEmptyLine(head: String, isWhole: Bool) {
    #expect(HTTPRequestLine.isWhole(Array(head.utf8)) == isWhole)
  }
}
