import Testing

@testable import Store

@Suite struct RecentRequestsTests {
  /// A row of requests from a sequence on, whose answers say their sequences.
  private func row(_ first: Int64, _ count: Int, answerBytes: Int = 8) -> RequestChunk {
    var chunk = RequestChunk(first: first, boot: BootTime(microseconds: 1))
    for place in 0..<count {
      let sequence = UInt8(truncatingIfNeeded: first + Int64(place))
      let answer = Array(repeating: sequence, count: answerBytes)
      chunk.append(RequestChunkTests.key(place), hash: 0, answer)
    }
    return chunk
  }

  private func found(_ sequence: Int64, in recent: RecentRequests) throws -> UInt8? {
    guard let (entries, place) = recent.row(with: sequence) else { return nil }
    var reader = RequestChunkReader(entries)
    return try reader.entry(place).answer.first
  }

  @Test func theLastAreFound() throws {
    var recent = RecentRequests(limit: 6)
    #expect(try found(1, in: recent) == nil)
    // 4 is never used.
    for chunk in [row(1, 3), row(5, 1), row(6, 2), row(8, 3)] { recent.append(chunk) }
    let sequences = (0...11).map { Int64($0) }
    let expected: [UInt8?] = sequences.map { (5...10).contains($0) ? UInt8($0) : nil }
    #expect(try sequences.map { try found($0, in: recent) } == expected)
  }

  @Test func rowsAreKeptWhole() throws {
    var recent = RecentRequests(limit: 1)
    recent.append(row(1, 3))
    #expect(try (1...3).map { try found($0, in: recent) } == [1, 2, 3])
    recent.append(row(4, 2))
    #expect(try (1...5).map { try found($0, in: recent) } == [nil, nil, nil, 4, 5])
  }

  @Test func theyAreBoundedInBytes() throws {
    var recent = RecentRequests(limit: 1_000)
    let half = RecentRequests.keptBytes / 2
    recent.append(row(1, 1, answerBytes: half))
    recent.append(row(2, 1))
    recent.append(row(3, 1, answerBytes: half))
    #expect(try (1...3).map { try found($0, in: recent) } == [nil, 2, 3])
    // Too large to be kept at all.
    recent.append(row(4, 1, answerBytes: 2 * half))
    #expect(try (1...4).map { try found($0, in: recent) } == [nil, 2, 3, nil])
  }
}
