// Reads frames (length as 4 bytes, little end first, then that many bytes), each an Everything, from
// standard input, and writes each back decoded and encoded again. A frame that is refused comes back
// with the length 0xffffffff, then a frame with "REASON field". Python's side is round_trip_test.py.

import Glibc
import Messages
import TestMessages

func readExactly(_ count: Int) -> [UInt8]? {
  var bytes = [UInt8](repeating: 0, count: count)
  var filled = 0
  while filled < count {
    let got = bytes.withUnsafeMutableBytes {
      read(STDIN_FILENO, $0.baseAddress.map { $0 + filled }, count - filled)
    }
    if got <= 0 { return nil }
    filled += got
  }
  return bytes
}

func writeAll(_ bytes: [UInt8]) {
  var done = 0
  while done < bytes.count {
    let wrote = bytes[done...].withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    if wrote <= 0 { exit(1) }
    done += wrote
  }
}

func length(_ count: Int) -> [UInt8] {
  (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
}

while let header = readExactly(4) {
  let count = header.reversed().reduce(0) { $0 << 8 | Int($1) }
  guard let frame = readExactly(count) else { exit(1) }
  do {
    let answer = try Everything(decoding: frame).encoded()
    writeAll(length(answer.count) + answer)
  } catch let failure as DecodingFailure {
    let answer = Array("\(failure.reason.rawValue) \(failure.field)".utf8)
    writeAll([255, 255, 255, 255] + length(answer.count) + answer)
  } catch {
    exit(1)
  }
}
