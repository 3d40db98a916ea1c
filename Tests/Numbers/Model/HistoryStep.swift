/// One thing that happens in a history. Numbers, leases and earlier requests are named by how far
/// back they lie, counted around if there are fewer, so that a history from which steps were taken
/// out still means something.
enum HistoryStep: Codable, Equatable {
  /// Calls that are in flight at once: decided in one batch, in this order.
  case calls([HistoryCall])
  /// The same, each sent by a task of its own, in whatever order they come.
  case tasks([HistoryCall])
  /// Both clocks run on.
  case pass(seconds: Int64)
  /// Both clocks run on while these calls wait: they come before the leases that ran out.
  case late(seconds: Int64, [HistoryCall])
  /// The wall clock is set back or on.
  case stepWall(seconds: Int64)
  /// The store's files as they are after these calls were decided, and before they are committed
  /// or before their callers get an answer.
  case crash(isCommitted: Bool, [HistoryCall])
  /// The store is closed and opened again.
  case restart
}

/// A call of a history.
struct HistoryCall: Codable, Equatable {
  /// The business: 0 or 1.
  var of = 0
  var what: What
  var request = Request.none

  enum What: Codable, Equatable {
    case createPool(HistoryPool)
    case updatePool(HistoryChange)
    /// The holder is one of three.
    case allocate(count: Int, holder: Int, HistoryLease)
    case complete([HistoryNumber], fen: Int64?)
    /// Numbers of another system are taken over, under leases of so many seconds.
    case imports([HistoryImport], seconds: Int64?)
    case release([HistoryNumber])
    case createLease(seconds: Int64?, holder: Int)
    /// By the holder of the lease, or by another.
    case renew(back: Int, byOther: Bool)
    /// Of one holder.
    case quota(holder: Int, limit: Int64?)
    /// By the operator, or by a warning.
    case stop(Switch, warning: Int?)
    case resume(Switch, warning: Int?)
    /// By the operator, whatever warnings say.
    case resumeAll(Switch)
    /// Allocates so many and makes a pool, and is taken back: as if it had never been.
    case inVain(count: Int)
  }

  enum Switch: Codable, Equatable { case generation, business }

  /// Its request id.
  enum Request: Codable, Equatable {
    case none
    case new
    /// It is an earlier call once more, the same in all.
    case repeated(back: Int)
    /// It has the id of an earlier call.
    case stolen(back: Int)
  }
}

/// The lease that an allocation asks for.
enum HistoryLease: Codable, Equatable {
  case usual
  case ttl(seconds: Int64)
  case existing(back: Int)
}

/// A number as it was handed out once: with the token of then, by the holder of then.
struct HistoryNumber: Codable, Equatable {
  var back: Int
  var mistake = Mistake.none

  enum Mistake: Codable, Equatable { case none, otherHolder, otherStore, noToken, neverGiven }
}

/// A number of another system.
struct HistoryImport: Codable, Equatable {
  var serial: Serial
  /// How many templates back.
  var template = 0
  var holder = 0
  var end = End.none

  enum Serial: Codable, Equatable {
    /// By so many it is above the last of its series.
    case ahead(Int64)
    /// An import passed over it; the newest is the first.
    case passed(back: Int)
  }

  enum End: Codable, Equatable { case none, completed(fen: Int64?) }
}

/// A pool of a history.
enum HistoryPool: Codable, Equatable, CaseIterable {
  case counting, started, tight, daily, aged, printed, atOnce, unleased, permuted
}

/// A change of a pool's settings.
enum HistoryChange: Codable, Equatable {
  case template(Int)
  case quarantine(seconds: Int64)
  case reuse(Int32)
  case maxAge(seconds: Int64?)
  case watermarks(low: Int64, high: Int64)
  case leases(Int32)
  case defaultLease(seconds: Int64)
  /// Of every holder.
  case quota(Int64?)
}
