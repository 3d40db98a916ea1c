// What libFuzzer calls. One program has all targets; the name that it is called by picks one. A target
// traps when what it looks at doesn't hold; memory errors are AddressSanitizer's to find.

/// The targets by name; each takes one input.
private let targets: [String: @Sendable (inout Input) -> Void] = [
  "client-session": fuzzClientSession,
  "decoder": fuzzDecoder,
  "framing": fuzzFraming,
  "gzip": fuzzGzip,
  "headers": fuzzHeaders,
  "percent": fuzzPercent,
  "session": fuzzSession,
  "template": fuzzTemplate,
  "timeout": fuzzTimeout,
]

private let target: @Sendable (inout Input) -> Void = {
  let name = CommandLine.arguments.first?.split(separator: "/").last ?? ""
  guard let target = targets[String(name)] else {
    preconditionFailure("call it by the name of a target: \(targets.keys.sorted())")
  }
  return target
}()

/// One input of the fuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  var input = Input(UnsafeRawBufferPointer(start: data, count: count))
  target(&input)
  return 0
}
