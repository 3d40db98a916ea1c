// What libFuzzer calls: the first byte picks a message, the rest is decoded as one. What decodes must
// encode, and the result must decode to the same again. Memory errors are AddressSanitizer's to find.

import Messages
import TestMessages

private let memoryLimit = 1 << 20

/// One input of the fuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 0 else { return 0 }
  let input = UnsafeRawBufferPointer(start: data + 1, count: count - 1)
  switch data[0] % 10 {
  case 0: roundTrip(Everything.self, input)
  case 1: roundTrip(Plain.self, input)
  case 2: roundTrip(OptionalScalars.self, input)
  case 3: roundTrip(Lists.self, input)
  case 4: roundTrip(Unpacked.self, input)
  case 5: roundTrip(Maps.self, input)
  case 6: roundTrip(Choices.self, input)
  case 7: roundTrip(Names.self, input)
  case 8: roundTrip(Tree.self, input)
  default: roundTrip(Other.self, input)
  }
  return 0
}

private func roundTrip<M: Message>(_ type: M.Type, _ input: UnsafeRawBufferPointer) {
  let arena = Arena(limit: memoryLimit)
  let message: M
  do {
    message = try M.decode(input, using: arena)
  } catch {
    precondition(error.field.count <= Limits.fieldPath)
    precondition(error.reason != .memoryLimit || input.count > 1000, "\(input.count) bytes")
    return
  }
  precondition(arena.used <= memoryLimit)
  do {
    let first = try message.encoded()
    // NaN isn't equal to itself, so bytes are compared.
    let second = try M(decoding: first).encoded()
    precondition(first == second, "encodes differently the second time")
  } catch {
    preconditionFailure("\(M.protoName): \(error)")
  }
}
