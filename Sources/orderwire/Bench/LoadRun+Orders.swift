import API
import EventLoop
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
    withUnsafeBytes(of: begin.nanoseconds) { Array($0) } + [UInt8](repeating: 0x78, count: 192)
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
        _ = try await forwarding.putUnit(
          PutUnitRequest(
            unit: API.Unit(business: plan.business, name: unit, codes: [LoadPlan.code])))
      }
    } catch {
      throw CommandFailure(.unavailable, "can't make the intake of \(plan.business): \(error)")
    }
  }

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
