import API
import EventLoop
import Messages
import RPC
import Testing

@testable import orderwire

@Suite struct OrderNameTests {
  static let plan = LoadPlan(
    method: .submit, business: "b", count: 2, completes: false, connections: 1, streams: 2,
    warmup: .zero, measured: .seconds(1), verifiesOrders: true)
  static let marks = [
    OrderMark(key: 0xab_cdef, position: 1), OrderMark(key: 0, position: 0xffff_ffff),
  ]

  static func number(_ mark: OrderMark, of name: OrderName) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: OrderName.numberLength) { buffer, count in
      name.write(mark, to: UnsafeMutableBufferPointer(rebasing: buffer[..<OrderName.numberLength]))
      count = OrderName.numberLength
    }
  }

  @Test func aNumberSaysWhichOrderItIs() {
    let name = OrderName(run: 0x0123_4567)
    let number = Self.number(Self.marks[0], of: name)
    #expect(String(decoding: number, as: UTF8.self) == "00000001-00abcdef-01234567")
    for mark in Self.marks {
      let number = Self.number(mark, of: name)
      #expect(number.withUnsafeBytes(name.mark) == mark)
      #expect(number.withUnsafeBytes(OrderName(run: 1).mark) == nil)
    }
    for other in [
      "", "00000001-00abcdef-0123456", "00000001-00abcdeg-01234567", "00000001x00abcdef-01234567",
    ] {
      #expect(Array(other.utf8).withUnsafeBytes(name.mark) == nil)
    }
  }

  @Test func aConsumerKnowsWhatWasGivenIn() throws {
    let name = OrderName(run: 7)
    var prepared = try PreparedSubmit(Self.plan)
    prepared.renew(Self.marks, name, at: MonotonicTime(nanoseconds: 5))
    let given = try prepared.bytes.withUnsafeBytes { bytes in
      try SubmitRequest.decode(bytes, using: Arena(limit: 1 << 20)).orders
    }
    #expect(given.map(\.key) == ["00abcdef", "00000000"])
    // And not what was changed on its way.
    var changed = Array(repeating: given[0], count: 5)
    changed[0].key = "00abcdee"
    changed[1].body[8] += 1
    changed[2].body.removeLast()
    changed[3].code = "benches"
    changed[4].number = given[1].number
    let deliveries = (given + changed).enumerated().map { index, order in
      Delivery(token: Int64(index), order: StoredOrder(order: order), attempt: 1)
    }
    let handed = try ConsumeResponse(said: .deliveries(Deliveries(deliveries: deliveries)))
      .encoded().withUnsafeBytes { bytes in try HandedOrders(bytes, of: name) }
    #expect(handed.deliveries.map(\.mark) == Self.marks + Array(repeating: nil, count: 5))
    #expect(handed.deliveries.map(\.token) == Array(0..<7))
    #expect(handed.deliveries[0].begin == MonotonicTime(nanoseconds: 5))
    #expect(handed.settled == nil)
  }

  @Test func readsWhatASettlementIsAnsweredWith() throws {
    let refused = [
      SettlementRefusal(token: 5, reason: "DELIVERY_STALE"), SettlementRefusal(token: 9),
    ]
    let handed = try ConsumeResponse(said: .settled(Settled(position: 3, refused: refused)))
      .encoded().withUnsafeBytes { bytes in try HandedOrders(bytes, of: nil) }
    #expect(handed.settled == 3)
    #expect(handed.refused == [5, 9])
    #expect(handed.deliveries.isEmpty)
  }

  @Test func aStreamGoesRoundItsKeys() {
    var series = OrderSeries(stream: 2)
    let marks = (0..<2 * OrderSeries.keys).map { _ in series.next() }
    let first = 2 * OrderSeries.keys
    #expect(
      marks.map(\.key) == Array(first..<first + OrderSeries.keys)
        + Array(first..<first + OrderSeries.keys))
    #expect(marks.map(\.position) == marks.indices.map { $0 < OrderSeries.keys ? 1 : 2 })
  }
}
