// The decoder of protobuf: the first byte picks a message, the rest is decoded as one. What decodes must
// encode, and the result must decode to the same again.

import Messages
import TestMessages

private let memoryLimit = 1 << 20

func fuzzDecoder(_ input: inout Input) {
  let message = input.byte() % 10
  let bytes = input.rest()
  switch message {
  case 0: roundTrip(Everything.self, bytes)
  case 1: roundTrip(Plain.self, bytes)
  case 2: roundTrip(OptionalScalars.self, bytes)
  case 3: roundTrip(Lists.self, bytes)
  case 4: roundTrip(Unpacked.self, bytes)
  case 5: roundTrip(Maps.self, bytes)
  case 6: roundTrip(Choices.self, bytes)
  case 7: roundTrip(Names.self, bytes)
  case 8: roundTrip(Tree.self, bytes)
  default: roundTrip(Other.self, bytes)
  }
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
