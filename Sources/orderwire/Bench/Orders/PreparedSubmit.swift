import API
import EventLoop
import Messages
import RPC

/// A SubmitRequest as it goes over the wire, in which nothing but the numbers of its orders, their keys if they have
/// any, and the time in their bodies changes from call to call.
struct PreparedSubmit {
  private(set) var bytes: [UInt8]
  private let numberLength: Int
  /// Where an order's number is, its key and its time.
  private let places: [(number: Int, key: Int, time: Int)]

  /// Of a plan's calls. Orders have keys if they are verified.
  init(_ plan: LoadPlan) throws(RPCError) {
    numberLength = plan.verifiesOrders ? OrderName.numberLength : RequestIDSource.length
    let number = String(repeating: "#", count: numberLength)
    let key = plan.verifiesOrders ? String(repeating: "?", count: OrderName.keyPlaces.count) : ""
    let body = LoadPlan.orderBody(at: MonotonicTime(nanoseconds: .max))
    let order: [UInt8]
    do throws(EncodingFailure) {
      bytes = try SubmitRequest(business: plan.business).encoded()
      order = try SubmitRequest(
        orders: [Order(number: number, code: LoadPlan.code, key: key, body: body)]
      ).encoded()
    } catch {
      throw RPCError(.internal, "a request can't be encoded")
    }
    guard let inNumber = Self.find(Array(number.utf8), in: order),
      let inKey = Self.find(Array(key.utf8), in: order), let inTime = Self.find(body, in: order)
    else { throw RPCError(.internal, "a request isn't what was encoded") }
    var places: [(number: Int, key: Int, time: Int)] = []
    // Encodings may be joined.
    for _ in 0..<plan.count {
      places.append((bytes.count + inNumber, bytes.count + inKey, bytes.count + inTime))
      bytes += order
    }
    self.places = places
  }

  private static func find(_ part: [UInt8], in whole: [UInt8]) -> Int? {
    whole.indices.first { whole[$0...].starts(with: part) }
  }

  /// Makes it another call, with orders that nobody gave in before.
  mutating func renew(_ ids: inout RequestIDSource, at begin: MonotonicTime) {
    renew(at: begin) { (number, _, _) in ids.next(into: number) }
  }

  /// The same with these orders.
  mutating func renew(_ marks: [OrderMark], _ name: OrderName, at begin: MonotonicTime) {
    renew(at: begin) { (number, key, index) in
      name.write(marks[index], to: number)
      _ = UnsafeMutableBufferPointer(rebasing: key[..<OrderName.keyPlaces.count])
        .update(fromContentsOf: number[OrderName.keyPlaces])
    }
  }

  /// `write` gets where a number is, what begins with its key, and which order it is.
  private mutating func renew(
    at begin: MonotonicTime,
    _ write: (UnsafeMutableBufferPointer<UInt8>, UnsafeMutableBufferPointer<UInt8>, Int) -> Void
  ) {
    bytes.withUnsafeMutableBufferPointer { bytes in
      for (index, place) in places.enumerated() {
        let number = place.number..<place.number + numberLength
        write(
          UnsafeMutableBufferPointer(rebasing: bytes[number]),
          UnsafeMutableBufferPointer(rebasing: bytes[place.key...]), index)
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
