import EventLoop
import HTTP2
import Synchronization

/// Sends back what it gets, with the path in a header and trailers at the end.
final class EchoHandler: StreamHandler {
  private let stream: HTTP2Stream
  /// Credit kept back while the echo is more than the socket takes.
  private var owed = 0

  init(_ stream: HTTP2Stream) { self.stream = stream }

  func headersReceived(_ headers: borrowing HeaderList, endStream: Bool) {
    let path = headers.first(":path").map { String(decoding: $0, as: UTF8.self) } ?? ""
    if path == "/reset" { return stream.reset(.enhanceYourCalm) }
    let size = HeaderField("x-size", .string("\(headers.size)"))
    let large = HeaderField("x-too-large", headers.isTooLarge ? "yes" : "no")
    stream.sendHeaders(
      [HeaderField(":status", "200"), HeaderField("x-path", .string(path)), size, large],
      endStream: path == "/headers-only")
  }

  func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    stream.sendData(count: bytes.count) { $0.copyMemory(from: bytes) }
    owed += bytes.count
    if !stream.mustAwaitWritable() { writable() }
  }

  func writable() {
    stream.consumed(owed)
    owed = 0
  }

  func trailersReceived(_ headers: borrowing HeaderList) {}

  func endReceived() {
    stream.sendTrailers([HeaderField("x-end", .bytes(Array("done".utf8)))])
  }

  func closed(_ reason: StreamClose) {}
}

/// Collects a response, and resumes whoever waits for its end.
// @unchecked: confined to the client's loop until `finished` resumes.
final class Collector: StreamHandler, @unchecked Sendable {
  struct Response: Sendable {
    var headers: [String: String] = [:]
    var body: [UInt8] = []
    var trailers: [String: String] = [:]
    var close: StreamClose?
  }

  var response = Response()
  var stream: HTTP2Stream?
  var onClosed: ((Response) -> Void)?
  var onHeaders: (() -> Void)?
  /// Whether received bytes are given back at once.
  var isReading = true
  var writableCount = 0
  var onWritable: (() -> Void)?
  var onData: (() -> Void)?

  private func strings(_ headers: borrowing HeaderList) -> [String: String] {
    var found: [String: String] = [:]
    for index in 0..<headers.count {
      found[String(decoding: headers.name(at: index), as: UTF8.self)] =
        String(decoding: headers.value(at: index), as: UTF8.self)
    }
    return found
  }

  func headersReceived(_ headers: borrowing HeaderList, endStream: Bool) {
    response.headers = strings(headers)
    onHeaders?()
  }

  func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    response.body += bytes
    if isReading { stream?.consumed(bytes.count) }
    onData?()
  }

  func trailersReceived(_ headers: borrowing HeaderList) { response.trailers = strings(headers) }
  func endReceived() {}

  func writable() {
    writableCount += 1
    onWritable?()
  }

  func closed(_ reason: StreamClose) {
    response.close = reason
    stream = nil
    // They may hold on to this object.
    (onWritable, onData, onHeaders) = (nil, nil, nil)
    onClosed?(response)
  }
}

func requestHeaders(_ path: String) -> [HeaderField] {
  [
    HeaderField(":method", "POST"), HeaderField(":scheme", "http"),
    HeaderField(":path", .string(path)), HeaderField(":authority", "localhost"),
  ]
}
