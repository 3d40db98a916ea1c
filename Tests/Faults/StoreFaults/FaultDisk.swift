// StoreFaults: a disk that fails as told, and what it holds after a power cut. For the tests of the
// store and of every capability that keeps its state there.

internal import CFaultVFS
internal import Synchronization

/// A simulated disk under one store: give its `vfs` to `StoreConfiguration.vfs`.
public final class FaultDisk: @unchecked Sendable {
  // Everything behind the pointer is guarded by a lock of its own.
  private let handle: OpaquePointer
  /// The name of the VFS.
  public let vfs: String

  private static let count = Atomic<Int>(0)

  /// A disk that works; `seed` decides what failed syncs lose.
  public init(seed: UInt64) {
    vfs = "orderwire-fault-\(Self.count.add(1, ordering: .relaxed).newValue)"
    handle = fault_vfs_create(vfs, seed)
  }

  deinit { fault_vfs_destroy(handle) }

  /// What can fail.
  public enum Fault: Sendable, CaseIterable {
    /// Half of a write is done, then the disk is full.
    case full
    /// A write fails.
    case writeError
    /// A sync fails; what it should have kept may be lost, and no later sync brings it back.
    case syncLost
    /// A sync is done and reported as failed.
    case syncDoneButFailed
    /// The file system has become read-only.
    case readOnly

    fileprivate var kind: fault_kind {
      switch self {
      case .full: FAULT_FULL_ON_WRITE
      case .writeError: FAULT_IO_ON_WRITE
      case .syncLost: FAULT_IO_ON_SYNC_LOST
      case .syncDoneButFailed: FAULT_IO_ON_SYNC_DONE
      case .readOnly: FAULT_READ_ONLY
      }
    }
  }

  /// After `skip` operations that go well, the next `times` fail; nil: until `heal`.
  public func inject(_ fault: Fault, after skip: Int = 0, times: Int? = 1, logOnly: Bool = false) {
    fault_vfs_inject(handle, fault.kind, Int64(skip), Int64(times ?? -1), logOnly ? 1 : 0)
  }

  /// Nothing fails any more.
  public func heal() {
    for fault in Fault.allCases { fault_vfs_inject(handle, fault.kind, 0, 0, 0) }
  }

  /// How often that has failed.
  public func injected(_ fault: Fault) -> Int { Int(fault_vfs_injected(handle, fault.kind)) }

  /// Every sync takes this long.
  public func setSyncLatency(microseconds: Int) {
    fault_vfs_set_sync_latency(handle, Int32(clamping: microseconds))
  }

  /// Operations so far.
  public var position: Int { Int(fault_vfs_position(handle)) }

  /// Syncs so far.
  public var syncs: Int { Int(fault_vfs_syncs(handle)) }

  /// Fills `folder` with what may be left if the power goes after the first `position` operations.
  public func rebuild(cutAt position: Int, seed: UInt64, into folder: String) throws {
    let error = fault_vfs_rebuild(handle, Int64(position), seed, folder)
    if error != 0 { throw RebuildError(code: error) }
  }

  struct RebuildError: Error { let code: Int32 }
}
