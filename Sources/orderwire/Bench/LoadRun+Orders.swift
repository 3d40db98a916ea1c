import API
import RPC

extension LoadPlan {
  /// What all orders of a load come with, and the units of its business have.
  static let code = "bench"
  static let orderBody = [UInt8](repeating: 0x78, count: 200)
  /// Each order goes to so many units.
  static let units = 3
}

// What a load of orders needs.
extension LoadRun {
  func makeIntake(_ channel: ClientChannel) async throws(CommandFailure) {
    let forwarding = ForwardingServiceClient(channel)
    do throws(RPCError) {
      _ = try await forwarding.putIntake(
        PutIntakeRequest(business: plan.business, settings: IntakeSettings(lanes: 8)))
      for unit in 1...LoadPlan.units {
        _ = try await forwarding.putUnit(
          PutUnitRequest(
            unit: API.Unit(business: plan.business, name: "u\(unit)", codes: [LoadPlan.code])))
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
