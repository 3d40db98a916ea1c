extension FileModel {
  /// Throws if the file has what can't be generated.
  func check() throws(GeneratorFailure) {
    guard syntax == "proto3" else {
      throw GeneratorFailure("\(path): only proto3 is supported")
    }
    let all = allMessages
    for message in all {
      var open = [message.protoName]
      try checkHoldsNotItself(message, all, &open)
    }
  }

  /// A struct can't hold itself, also not through others; in a list or map it can.
  private func checkHoldsNotItself(
    _ message: MessageModel, _ all: [MessageModel], _ open: inout [String]
  ) throws(GeneratorFailure) {
    for field in message.fields where field.kind == .message {
      guard field.shape == .optional || field.shape == .oneof else { continue }
      guard field.typeName != open[0] else {
        let loop = (open + [field.typeName]).joined(separator: " -> ")
        throw GeneratorFailure("\(path): a message can hold itself only in a list: \(loop)")
      }
      guard !open.contains(field.typeName),
        let next = all.first(where: { $0.protoName == field.typeName })
      else { continue }
      open.append(field.typeName)
      try checkHoldsNotItself(next, all, &open)
      open.removeLast()
    }
  }

  /// Its messages, those inside others included, inner ones first.
  var allMessages: [MessageModel] {
    func flatten(_ message: MessageModel) -> [MessageModel] {
      message.messages.flatMap(flatten) + [message]
    }
    return messages.flatMap(flatten)
  }
}
