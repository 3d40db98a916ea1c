/// What a connection wrote, looked at as frames: they are whole, a side ends once and says nothing after
/// that, and no more credit is given than bytes came.
struct HeardFrames {
  private var ended: Set<UInt32> = []
  private var credit: [UInt32: Int] = [:]

  /// `isCut`: the connection was torn down, so the last frame may be.
  init(_ bytes: [UInt8], isCut: Bool) {
    var rest = bytes[...]
    // A client's preface, and what those who speak HTTP/1 are told.
    if rest.starts(with: Script.preface) { rest = rest.dropFirst(Script.preface.count) }
    while rest.count >= 9, !rest.starts(with: "HTTP/1.1 505".utf8) {
      let header = Array(rest.prefix(9))
      let length = Int(header[0]) << 16 | Int(header[1]) << 8 | Int(header[2])
      guard rest.count >= 9 + length else { break }
      let stream = header[5...].reduce(0) { $0 << 8 | UInt32($1) }
      add(type: header[3], flags: header[4], stream, Array(rest.dropFirst(9).prefix(length)))
      rest = rest.dropFirst(9 + length)
    }
    precondition(isCut || rest.isEmpty || rest.starts(with: "HTTP/1.1 505".utf8), "half a frame")
  }

  private mutating func add(type: UInt8, flags: UInt8, _ stream: UInt32, _ payload: [UInt8]) {
    precondition(type <= 9, "a frame of type \(type)")
    switch type {
    case 0, 1:
      precondition(!ended.contains(stream), "stream \(stream) goes on after its end")
      if flags & 1 != 0 { ended.insert(stream) }
    case 8: credit[stream, default: 0] += payload.reduce(0) { $0 << 8 | Int($1) }
    default: break
    }
  }

  /// `came` are the bytes that the peer said, which bound those of its bodies; `start` is what the
  /// connection's window was opened by at its start.
  func checkCredit(came: Int, start: Int) {
    for (stream, credit) in credit {
      let most = came + (stream == 0 ? start : 0)
      precondition(credit <= most, "\(credit) bytes of credit on \(stream) for \(came)")
    }
  }
}
