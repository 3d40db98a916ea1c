import API
import Messages
import Numbers
import RPC
import Store
import Testing

@testable import Forwarding

/// What is written by hand is held to what is generated.
@Suite struct OrderEncodingTests {
  static let times: [Int64] = [0, 1, -1, 999_999, 1_795_276_790_000_000, 1_795_276_790_123_456]

  static let records: [OrderRecord] = [
    OrderRecord(number: "1", version: 0, key: "", code: "c", body: [], principal: ""),
    OrderRecord(
      number: "SO-é-1", version: 3, key: "customer 7", code: "shop", body: [0, 255, 10],
      principal: "spiffe://orderwire/a"),
    OrderRecord(
      number: String(repeating: "n", count: 128), version: .max,
      key: String(repeating: "k", count: 128), code: String(repeating: "c", count: 64),
      body: Array(repeating: 7, count: 64 << 10), principal: String(repeating: "p", count: 512)),
    OrderRecord(
      number: "2", version: 1, key: "2", code: "c", body: Array("no stock".utf8), original: 5,
      principal: "dns:shop"),
  ]

  @Test(arguments: records.indices, times)
  func ordersAreAsGenerated(_ place: Int, _ time: Int64) throws {
    let record = Self.records[place]
    for sequence: Int64 in [1, 127, 128, 300_000, .max] {
      let message = API.StoredOrder(
        ForwardingService.KeptRecord(
          sequence: sequence, time: Timestamp(microseconds: time), order: record), withBody: true)
      #expect(
        record.encoding(sequence: sequence, ProtoTimestamp(microseconds: time))
          == (try message.encoded()))
    }
  }

  @Test(arguments: [0, 1, 2, 5, 200])
  func deliveriesAreAsGenerated(count: Int) throws {
    var messages: [API.Delivery] = []
    var encoded: [EncodedDelivery] = []
    for place in 0..<count {
      let record = Self.records[place % 2]
      let (sequence, time) = (Int64(place * 1_000 + 1), Self.times[place % Self.times.count])
      let delivery = Consumption.Delivery(
        token: Int64(place) << 40 + 1, sequence: sequence, key: 5, consumer: 1, deadline: 7,
        attempt: Int32(place % 3), losses: Int32(place % 2))
      let handed = ConsumerOutbox.Handed(delivery: delivery, deadline: time, edits: 0)
      messages.append(
        API.Delivery(
          token: delivery.token,
          order: API.StoredOrder(
            ForwardingService.KeptRecord(
              sequence: sequence, time: Timestamp(microseconds: time), order: record),
            withBody: true), attempt: delivery.attempt, losses: delivery.losses,
          deadlineTime: ProtoTimestamp(microseconds: time), edits: handed.edits))
      encoded.append(
        EncodedDelivery(
          handed, order: record.encoding(sequence: sequence, ProtoTimestamp(microseconds: time))))
    }
    let message = ConsumeResponse(said: .deliveries(Deliveries(deliveries: messages)))
    #expect(EncodedDelivery.response(encoded).bytes == (try message.encoded()))
    #expect(encoded.allSatisfy { $0.size > $0.order.count })
  }

  @Test func submittedOrdersAreAsGenerated() throws {
    let outcomes: [[Submitted]] = [
      [], [.taken(1)], [.duplicate(1)], [.taken(.max), .duplicate(300), .taken(128)],
    ]
    for outcome in outcomes {
      let message = SubmitResponse(orders: outcome.map { API.SubmittedOrder($0) })
      #expect(SubmitResponse.encoding(outcome) == (try message.encoded()))
    }
  }
}
