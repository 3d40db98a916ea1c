import API
import EventLoop
import Messages
import RPC

/// A SubmitRequest as it goes over the wire, in which nothing but the numbers of its orders and the time in
/// their bodies changes from call to call.
struct PreparedSubmit {
  private(set) var bytes: [UInt8]
  /// Where an order's number is, and its time.
  private let places: [(number: Int, time: Int)]

  /// Of a plan's calls.
  init(_ plan: LoadPlan) throws(RPCError) {
    let number = String(repeating: "#", count: RequestIDSource.length)
    let body = LoadPlan.orderBody(at: MonotonicTime(nanoseconds: .max))
    let order: [UInt8]
    do throws(EncodingFailure) {
      bytes = try SubmitRequest(business: plan.business).encoded()
      order = try SubmitRequest(
        orders: [Order(number: number, code: LoadPlan.code, body: body)]
      ).encoded()
    } catch {
      throw RPCError(.internal, "a request can't be encoded")
    }
    guard let inNumber = Self.find(Array(number.utf8), in: order),
      let inTime = Self.find(body, in: order)
    else { throw RPCError(.internal, "a request isn't what was encoded") }
    var places: [(number: Int, time: Int)] = []
    // Encodings may be joined.
    for _ in 0..<plan.count {
      places.append((bytes.count + inNumber, bytes.count + inTime))
      bytes += order
    }
    self.places = places
  }

  private static func find(_ part: [UInt8], in whole: [UInt8]) -> Int? {
    whole.indices.first { whole[$0...].starts(with: part) }
  }

  /// Makes it another call, with orders that nobody gave in before.
  mutating func renew(_ ids: inout RequestIDSource, at begin: MonotonicTime) {
    bytes.withUnsafeMutableBufferPointer { bytes in
      for place in places {
        let number = place.number..<place.number + RequestIDSource.length
        ids.next(into: UnsafeMutableBufferPointer(rebasing: bytes[number]))
        UnsafeMutableRawBufferPointer(bytes).storeBytes(
          of: begin.nanoseconds, toByteOffset: place.time, as: Int64.self)
      }
    }
  }

  /// Counts the orders of an encoded SubmitResponse.
  static func count(_ bytes: UnsafeRawBufferPointer) throws(RPCError) -> Int {
    var fields = WireFields(bytes)
    var count = 0
    while let (number, _) = try fields.next() { if number == 1 { count += 1 } }
    return count
  }
}
