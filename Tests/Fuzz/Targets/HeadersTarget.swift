// Header blocks as HTTP/2 hands them over: read as a request and as a response.

import Messages

@testable import HTTP2
@testable import RPC

private let names = [
  ":method", ":path", ":status", "content-type", "grpc-timeout", "grpc-encoding", "grpc-status",
  "grpc-message", "grpc-status-details-bin", "te", "host", "user-agent", "x", "x-bin", "a-bin",
  "grpc-accept-encoding", "grpc-tags-bin", "content-length",
]

func fuzzHeaders(_ input: inout Input) {
  let list = HeaderList()
  list.removeAll(limit: [16 * 1024, 256, 33][Int(input.byte() % 3)])
  var fields: [([UInt8], [UInt8])] = []
  while !input.isEmpty {
    let pick = Int(input.byte())
    let name = pick < names.count ? Array(names[pick].utf8) : Array(input.piece())
    fields.append((name, Array(input.piece())))
  }
  fill(list, fields)
  check(list, fields)

  let received = Metadata(received: list)
  let request = RequestHead(list)
  if request.flaw == nil { precondition(request.timeout != nil || !has("grpc-timeout", list)) }
  check(received, of: list)
  checkSentAgain(received)
  var responseMetadata = Metadata()
  let response = ResponseHead(list, metadata: &responseMetadata)
  precondition(responseMetadata == received, "a request's metadata differs from a response's")
  if case .failure(let error)? = response.status { checkSentAgain(error) }
  for index in 0..<list.count { checkText(Array(list.value(at: index))) }
}

private func fill(_ list: HeaderList, _ fields: [([UInt8], [UInt8])]) {
  for (name, value) in fields {
    name.withUnsafeBytes { name in value.withUnsafeBytes { list.append(name: name, value: $0) } }
  }
}

private func has(_ name: StaticString, _ list: HeaderList) -> Bool {
  (0..<list.count).contains { list.name(at: $0).isExactly(name) }
}

/// The list has all fields as they came, up to the first that is beyond the limit.
private func check(_ list: HeaderList, _ fields: [([UInt8], [UInt8])]) {
  precondition(list.count == fields.count || list.isTooLarge)
  precondition(list.size == fields.reduce(0) { $0 + $1.0.count + $1.1.count + 32 })
  for index in 0..<list.count {
    precondition(Array(list.name(at: index)) == fields[index].0)
    precondition(Array(list.value(at: index)) == fields[index].1)
  }
  precondition(list.name(at: list.count).isEmpty && list.value(at: -1).isEmpty)
}

/// Metadata is what isn't the protocol's own, in order and without space around the values.
private func check(_ metadata: Metadata, of list: HeaderList) {
  var expected: [[UInt8]] = []
  for index in 0..<list.count where Metadata.isDelivered(list.name(at: index)) {
    let value = Array(list.value(at: index)).trimmingSpaces()
    expected.append(Array(list.name(at: index)) + [0] + Array(value))
  }
  var found: [[UInt8]] = []
  metadata.forEachEntry { found.append(Array($0) + [0] + Array($1)) }
  precondition(found == expected)
  precondition(metadata.count == found.count && metadata.keys.count == found.count)
  precondition(metadata.wireBytes == found.reduce(0) { $0 + $1.count - 1 })
  for key in metadata.keys {
    _ = metadata.values(key)
    for bytes in metadata.bytes(key) { precondition(Base64.decode(Base64.encode(bytes)) == bytes) }
  }
}

/// Metadata that is sent on arrives as it came.
private func checkSentAgain(_ metadata: Metadata) {
  precondition(Metadata(received: sent(metadata.headerFields)) == metadata)
}

/// An error that is sent on arrives with its code, its text and its details.
private func checkSentAgain(_ error: RPCError) {
  var trailers = Metadata()
  let head = ResponseHead(sent(error.headerFields), metadata: &trailers)
  guard case .failure(let again)? = head.status else { preconditionFailure("\(error) got lost") }
  precondition(again.code == error.code && trailers == error.trailers)
  if error.message.utf8.count <= 2048 { precondition(again.message == error.message) }
  precondition(error.message.hasPrefix(again.message))
  if !again.details.isEmpty { precondition(again.details.count == error.details.count) }
}

private func sent(_ fields: [HeaderField]) -> HeaderList {
  let list = HeaderList()
  list.removeAll(limit: 1 << 20)
  fill(list, fields.map { (bytes($0.name), bytes($0.value)) })
  return list
}

private func bytes(_ text: HeaderField.Text) -> [UInt8] {
  switch text {
  case .fixed(let text): Array("\(text)".utf8)
  case .string(let text): Array(text.utf8)
  case .bytes(let bytes): bytes
  }
}

private func checkText(_ value: [UInt8]) {
  precondition(Base64.decode(Base64.encode(value)) == value)
  if let decoded = Base64.decode(value) {
    precondition(Base64.decode(Base64.encode(decoded)) == decoded)
  }
  let isGRPC = value.withUnsafeBytes { ContentType($0) == .grpc }
  precondition(isGRPC == isGRPCByTheRule(value), "\(value)")
}

private func isGRPCByTheRule(_ value: [UInt8]) -> Bool {
  let lower = value.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
  return ["application/grpc", "application/grpc+proto"].contains { type in
    lower.elementsEqual(type.utf8) || lower.starts(with: "\(type);".utf8)
      || lower.starts(with: "\(type) ".utf8)
  }
}
