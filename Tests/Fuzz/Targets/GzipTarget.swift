// Compressed messages: what was compressed comes back; what is damaged never comes back as something else;
// and however much a message would give, there is never room for more than the limit.

@testable import RPC

func fuzzGzip(_ input: inout Input) {
  let kind = input.byte()
  let limit = [0, 1, 100, 5000, 1 << 20][Int(input.byte() % 5)]
  let inflater = Inflater()
  switch kind % 4 {
  case 0: check(inflater, Array(input.rest()), limit)
  case 1: checkBack(inflater, plain(&input), limit)
  case 2:
    let place = Int(input.word())
    let change = input.byte()
    checkDamaged(inflater, plain(&input), place, change)
  default:
    let (first, second) = (plain(&input), plain(&input))
    guard let one = gzip(first), let other = gzip(second) else { return }
    let tail = Array(input.take(3))
    let joined = try? inflate(inflater, one + other, limit: 1 << 20)
    precondition(joined == first + second)
    if !tail.isEmpty, tail.first != 0x1F {
      precondition((try? inflate(inflater, one + tail, limit: 1 << 20)) == nil)
    }
  }
}

/// Bytes and how often they repeat, so that a few stand for many.
private func plain(_ input: inout Input) -> [UInt8] {
  let times = Int(input.byte()) + 1
  let piece = Array(input.piece())
  return Array(repeatElement(piece, count: times).joined())
}

private func gzip(_ plain: [UInt8]) -> [UInt8]? {
  let deflater = Deflater()
  deflater.room(for: plain.count)?.copyMemory(from: plain, byteCount: plain.count)
  precondition(Array(deflater.plain) == plain)
  guard let compressed = deflater.compress() else { return nil }
  precondition(compressed.count < plain.count, "it isn't smaller")
  return Array(compressed)
}

private func inflate(
  _ inflater: Inflater, _ bytes: [UInt8], limit: Int
) throws(Inflater.Failure) -> [UInt8] {
  let result = bytes.withUnsafeBytes { bytes in
    Result { () throws(Inflater.Failure) in Array(try inflater.decompress(bytes, limit: limit)) }
  }
  precondition(inflater.roomBytes <= limit, "room for \(inflater.roomBytes) of \(limit)")
  if case .success(let plain) = result { precondition(plain.count <= limit) }
  return try result.get()
}

/// Any bytes give the same each time, and the same failure but for the limit's.
private func check(_ inflater: Inflater, _ bytes: [UInt8], _ limit: Int) {
  let first = try? inflate(inflater, bytes, limit: limit)
  inflater.forget()
  precondition(first == (try? inflate(Inflater(), bytes, limit: limit)))
  if let first, !first.isEmpty {
    do throws(Inflater.Failure) {
      _ = try inflate(Inflater(), bytes, limit: first.count - 1)
      preconditionFailure("the limit was passed")
    } catch {
      precondition(error == .tooLarge(limit: first.count - 1), "\(error)")
    }
  }
}

private func checkBack(_ inflater: Inflater, _ plain: [UInt8], _ limit: Int) {
  guard let compressed = gzip(plain) else { return }
  let back = try? inflate(inflater, compressed, limit: limit)
  precondition(back == (plain.count <= limit ? plain : nil))
  precondition((try? inflate(Inflater(), compressed, limit: plain.count)) == plain)
  // Cut anywhere, it isn't whole.
  precondition((try? inflate(Inflater(), compressed.dropLast(), limit: plain.count)) == nil)
}

private func checkDamaged(
  _ inflater: Inflater, _ plain: [UInt8], _ place: Int, _ change: UInt8
) {
  guard var compressed = gzip(plain) else { return }
  compressed[place % compressed.count] ^= change
  // A change in the header's time or system may go unseen.
  let back = try? inflate(inflater, compressed, limit: plain.count)
  precondition(back == nil || back == plain, "damaged data was taken")
}
