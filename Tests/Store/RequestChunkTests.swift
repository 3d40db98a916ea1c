import StoreFaults
import Testing

@testable import Store

@Suite struct RequestChunkTests {
  static func key(_ place: Int, caller: String = "c", requestID: String? = nil) -> RequestKey {
    RequestKey(
      caller: caller, business: "shop", method: "Allocate", requestID: requestID ?? "r\(place)",
      bodyHash: [UInt8(truncatingIfNeeded: place)])
  }

  @Test func eachEntryIsReadFromItsPlace() throws {
    let long = String(repeating: "x", count: 300)
    let keys = [
      Self.key(0), Self.key(1), Self.key(2, caller: ""), Self.key(3, caller: long),
      Self.key(4, caller: long, requestID: ""), Self.key(5, caller: "ü"),
    ]
    var chunk = RequestChunk(first: 7, boot: BootTime(microseconds: 1))
    for (place, key) in keys.enumerated() {
      chunk.append(key, hash: .max - UInt64(place), Array(repeating: 9, count: place * 100))
    }
    #expect(chunk.last == 12)
    #expect(RequestChunk.hashes(chunk.hashes) == keys.indices.map { .max - UInt64($0) })
    for (place, key) in keys.enumerated() {
      var reader = RequestChunkReader(chunk.entries)
      let found = try reader.entry(place)
      #expect(found.key == key)
      #expect(found.answer == Array(repeating: 9, count: place * 100))
    }
    var reader = RequestChunkReader(chunk.entries)
    var ids: [String] = []
    while let id = try reader.nextID() { ids.append(id) }
    #expect(ids == keys.map(\.requestID))
  }

  /// What is taken back leaves the row as if it had never come, also where the next is of the same caller.
  @Test(arguments: 0..<4) func whatIsTakenBackLeavesNothing(_ kept: Int) throws {
    let keys = [
      Self.key(0), Self.key(1), Self.key(2, caller: "d"), Self.key(3, caller: "d"),
      Self.key(4, caller: "e"),
    ]
    var chunk = RequestChunk(first: 7, boot: BootTime(microseconds: 1))
    for key in keys[...kept] { chunk.append(key, hash: UInt64(key.bodyHash[0]), [1]) }
    let mark = chunk.mark
    for key in keys[(kept + 1)...] { chunk.append(key, hash: 99, [2, 3]) }
    chunk.truncate(to: mark)
    #expect(chunk.last == 7 + Int64(kept))
    for key in keys[(kept + 1)...] { chunk.append(key, hash: UInt64(key.bodyHash[0]), [1]) }
    #expect(RequestChunk.hashes(chunk.hashes) == [0, 1, 2, 3, 4])
    for (place, key) in keys.enumerated() {
      var reader = RequestChunkReader(chunk.entries)
      let found = try reader.entry(place)
      #expect(found.key == key)
      #expect(found.answer == [1])
    }
  }

  @Test func whatIsNotWholeIsCorrupt() throws {
    var chunk = RequestChunk(first: 1, boot: BootTime(microseconds: 1))
    for place in 0..<2 { chunk.append(Self.key(place), hash: 0, [1, 2, 3]) }
    let damaged =
      chunk.entries.indices.map { Array(chunk.entries[..<$0]) } + [
        [1], [2], [0, 0x80, 0x80, 0x80, 0x80, 0x80, 1], [0, 0xff, 0xff, 0xff, 0xff, 0x7f],
      ]
    for bytes in damaged {
      var reader = RequestChunkReader(bytes)
      #expect(throws: RequestChunkReader.damage, "\(bytes)") { try reader.entry(1) }
    }
  }

  @Test func itIsBounded() {
    var chunk = RequestChunk(first: 1, boot: BootTime(microseconds: 1))
    #expect(!chunk.takes(2), "a gap")
    for place in 0..<RequestChunk.mostRequests {
      #expect(chunk.takes(chunk.last + 1))
      chunk.append(Self.key(place), hash: 0, [])
    }
    #expect(!chunk.takes(chunk.last + 1))
    var heavy = RequestChunk(first: 1, boot: BootTime(microseconds: 1))
    heavy.append(Self.key(0), hash: 0, Array(repeating: 0, count: RequestChunk.fullBytes))
    #expect(!heavy.takes(2))
  }
}
