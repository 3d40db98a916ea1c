import API
import Messages
import RPC

/// An AllocateRequest as it goes over the wire, in which nothing but its request id changes from call to
/// call.
struct PreparedAllocate {
  private(set) var bytes: [UInt8]

  /// Of a plan's calls on one connection.
  init(_ plan: LoadPlan, holder: String) throws(RPCError) {
    var request = AllocateRequest()
    request.business = plan.business
    request.count = Int32(plan.count)
    request.holder = holder
    var last = AllocateRequest()
    last.requestID = String(repeating: "0", count: RequestIDSource.length)
    // Encodings may be joined; so the id comes last.
    do throws(EncodingFailure) {
      bytes = try request.encoded() + last.encoded()
    } catch {
      throw RPCError(.internal, "a request can't be encoded")
    }
  }

  /// Makes it another call.
  mutating func renew(_ ids: inout RequestIDSource) {
    bytes.withUnsafeMutableBufferPointer { bytes in
      ids.next(into: UnsafeMutableBufferPointer(rebasing: bytes.suffix(RequestIDSource.length)))
    }
  }
}
