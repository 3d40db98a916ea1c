internal import CLinux
internal import Glibc

/// What a descriptor is ready for, or is watched for.
public struct Readiness: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// There is something to read, or the peer has closed its side.
  public static let readable = Readiness(rawValue: EPOLLIN.rawValue)
  /// There is room to write.
  public static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
  /// Both directions are shut or the socket failed; reported whether watched for or not.
  public static let hungUp = Readiness(rawValue: EPOLLHUP.rawValue | EPOLLERR.rawValue)
}

/// Who is told that a watched descriptor is ready. Called on the loop's thread only.
public protocol ReadinessHandler: AnyObject {
  /// The descriptor is ready for `readiness`, and is reported again each tick while it stays so.
  func ready(_ readiness: Readiness)
  /// The loop has ended and reports nothing more: time to close what was watched and to tell who waits
  /// for it. What that puts on the loop still runs; new watches and timers have no effect.
  func loopEnded()
}

/// A watched descriptor; confined to its loop.
public struct Watch {
  fileprivate let slot: Int
  fileprivate let generation: UInt32
}

/// Level-triggered epoll over a table of handlers. A watch that was removed and whose slot was given
/// to another is told apart by its generation, so an event already fetched never reaches the wrong one.
struct Poller: ~Copyable {
  private struct Slot {
    var fd: Int32 = -1
    var generation: UInt32 = 0
    var handler: (any ReadinessHandler)?
  }

  private let epoll: Int32
  private let events: UnsafeMutablePointer<epoll_event>
  private static let eventsPerWait = 256
  private var slots: [Slot] = []
  private var freeSlots: [Int] = []

  init() throws(SystemError) {
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard epoll >= 0 else { throw SystemError("epoll_create1") }
    events = .allocate(capacity: Self.eventsPerWait)
  }

  deinit {
    close(epoll)
    events.deallocate()
  }

  mutating func add(
    _ fd: Int32, _ interest: Readiness, _ handler: any ReadinessHandler
  ) throws(SystemError) -> Watch {
    let index = freeSlots.popLast() ?? slots.count
    if index == slots.count { slots.append(Slot()) }
    slots[index].fd = fd
    slots[index].generation &+= 1
    slots[index].handler = handler
    let watch = Watch(slot: index, generation: slots[index].generation)
    guard control(EPOLL_CTL_ADD, watch, fd, interest) == 0 else {
      let error = SystemError("epoll_ctl")
      release(index)
      throw error
    }
    return watch
  }

  func change(_ watch: Watch, _ interest: Readiness) {
    guard isCurrent(watch) else { return }
    _ = control(EPOLL_CTL_MOD, watch, slots[watch.slot].fd, interest)
  }

  mutating func remove(_ watch: Watch) {
    guard isCurrent(watch) else { return }
    _ = control(EPOLL_CTL_DEL, watch, slots[watch.slot].fd, [])
    release(watch.slot)
  }

  /// Ends every watch.
  mutating func removeAll() {
    for index in slots.indices where slots[index].handler != nil {
      remove(Watch(slot: index, generation: slots[index].generation))
    }
  }

  /// Those of all watches, in no order.
  var handlers: [any ReadinessHandler] { slots.compactMap(\.handler) }

  /// Waits at most `nanoseconds` (negative: for ever); so many events can then be read with `event`.
  func wait(nanoseconds: Int64) -> Int {
    Int(clinux_epoll_wait(epoll, events, Int32(Self.eventsPerWait), nanoseconds))
  }

  /// The handler and readiness of fetched event `index`, unless its watch is gone meanwhile.
  func event(_ index: Int) -> (any ReadinessHandler, Readiness)? {
    let data = events[index].data.u64
    let watch = Watch(slot: Int(data & 0xFFFF_FFFF), generation: UInt32(data >> 32))
    guard isCurrent(watch), let handler = slots[watch.slot].handler else { return nil }
    return (handler, Readiness(rawValue: events[index].events))
  }

  private func isCurrent(_ watch: Watch) -> Bool {
    slots[watch.slot].generation == watch.generation && slots[watch.slot].handler != nil
  }

  private mutating func release(_ index: Int) {
    slots[index].handler = nil
    slots[index].fd = -1
    freeSlots.append(index)
  }

  private func control(
    _ operation: Int32, _ watch: Watch, _ fd: Int32, _ interest: Readiness
  ) -> Int32 {
    var event = epoll_event()
    event.events = interest.rawValue
    event.data.u64 = UInt64(watch.generation) << 32 | UInt64(watch.slot)
    return epoll_ctl(epoll, operation, fd, &event)
  }
}
