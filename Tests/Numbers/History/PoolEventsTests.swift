import Testing

@testable import Numbers

@Suite struct PoolEventsTests {
  private func append(_ count: Int64, to events: inout PoolEvents) {
    events.append(
      EventWriter.Group(kind: .allocated, time: 1, caller: 3),
      EventWriter.Item(series: 5, serial: 1, last: count, generation: 1),
      caller: { _ in Caller(principal: "", holder: "me") }, key: { _ in (0, 0) })
  }

  private func counts(_ events: PoolEvents) throws -> [Int] {
    // Each payload can be read for itself.
    try events.payloads.map { try EventReader.events($0.bytes).count }
  }

  @Test func aPayloadGetsNoMoreThanItMayHave() throws {
    var events = PoolEvents()
    #expect(events.payloads.isEmpty)
    for _ in 0..<20 { append(1_000, to: &events) }
    #expect(events.count == 20_000)
    #expect(try counts(events) == [17_000, 3_000])
    for _ in 0..<14 { append(1_000, to: &events) }
    #expect(try counts(events) == [17_000, 17_000])
    events.removeAll()
    #expect(events.count == 0 && events.payloads.isEmpty)
  }

  @Test func whatBeganAPayloadIsTakenBack() throws {
    var events = PoolEvents()
    for _ in 0..<16 { append(1_000, to: &events) }
    append(5, to: &events)
    let (mark, bytes) = (events.mark, events.payloads.map(\.bytes))
    for _ in 0..<40 { append(1_000, to: &events) }
    #expect(try counts(events) == [17_005, 17_000, 17_000, 5_000])
    events.undo(to: mark)
    #expect(events.count == 16_005)
    #expect(events.payloads.map(\.bytes) == bytes)
    append(7, to: &events)
    #expect(try counts(events) == [16_012])
  }
}
