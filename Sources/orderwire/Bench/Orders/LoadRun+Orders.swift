import API
import EventLoop
import Messages
import RPC

extension LoadPlan {
  /// What all orders of a load come with, and the units of its business have.
  static let code = "bench"
  /// Each order goes to so many units.
  static let units = 3
  static var unitNames: [String] { (1...units).map { "u\($0)" } }

  private var idleUnitNames: [String] { (0..<idleUnits).map { "idle\($0)" } }

  /// All units of the load's business.
  var allUnitNames: [String] { Self.unitNames + idleUnitNames }

  /// When its call begins, and then what makes it 200 bytes.
  static func orderBody(at begin: MonotonicTime) -> [UInt8] {
    withUnsafeBytes(of: begin.nanoseconds) { Array($0) } + filling
  }

  private static let filling = [UInt8](repeating: 0x78, count: 192)

  /// Whether it is the body of an order of a load, whenever that began.
  static func isOrderBody(_ bytes: UnsafeRawBufferPointer, _ body: Range<Int>) -> Bool {
    bytes[body].dropFirst(MemoryLayout<Int64>.size).elementsEqual(filling)
  }

  /// When the call of an order began; nil: it isn't of this load.
  static func begin(ofOrder bytes: UnsafeRawBufferPointer, _ body: Range<Int>) -> MonotonicTime? {
    guard body.count >= MemoryLayout<Int64>.size else { return nil }
    return MonotonicTime(
      nanoseconds: bytes.loadUnaligned(fromByteOffset: body.lowerBound, as: Int64.self))
  }
}

// What a load of orders needs.
extension LoadRun {
  func makeIntake(_ channel: ClientChannel) async throws(CommandFailure) {
    let forwarding = ForwardingServiceClient(channel)
    do throws(RPCError) {
      _ = try await forwarding.putIntake(
        PutIntakeRequest(business: plan.business, settings: IntakeSettings(lanes: 8)))
      for unit in plan.allUnitNames {
        var made = API.Unit(business: plan.business, name: unit, codes: [LoadPlan.code])
        if plan.verifiesOrders { made.consumption = Self.verified }
        _ = try await forwarding.putUnit(PutUnitRequest(unit: made))
      }
    } catch {
      throw CommandFailure(.unavailable, "can't make the intake of \(plan.business): \(error)")
    }
  }

  /// For consumers that are held to what they get: no delivery ends but by its consumer or its stream, and no order
  /// is given up because consumers were lost with it.
  private static let verified = ConsumptionSettings(
    ackDeadline: ProtoDuration(seconds: 3_600), maxAttempts: 100, breakerFailures: -1)

  /// How many orders of the business are kept.
  func orders(_ channel: ClientChannel) async throws(CommandFailure) -> Int64 {
    do throws(RPCError) {
      return try await ForwardingServiceClient(channel)
        .getIntake(GetIntakeRequest(business: plan.business)).intake?.orders ?? 0
    } catch {
      throw CommandFailure(.unavailable, "can't read the intake of \(plan.business): \(error)")
    }
  }
}
