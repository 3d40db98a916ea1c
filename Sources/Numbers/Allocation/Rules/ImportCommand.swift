/// Asks for numbers that another system handed out to be taken over.
struct ImportCommand: Sendable {
  struct Item: Sendable {
    var number: String
    /// Who holds it, or held it last.
    var caller: Caller
    /// Nil: it is live.
    var end: Completion?
  }

  struct Completion: Sendable {
    /// Nil: only counted.
    var amount: CompleteCommand.Amount?
  }

  var business: String
  var lease: AllocateCommand.LeaseChoice
  var items: [Item]
  /// Who asks, if authenticated.
  var principal = ""
}

/// A number taken over.
struct ImportedNumber: Sendable, Equatable {
  /// 0 where there is none.
  var lease: Int64
  /// Wall clock, µs.
  var expireTime: Int64?
}

/// Serials that an import passed over: below the next serial of their series, and never made into
/// numbers here, because another system may have used them.
struct SkippedRun: Hashable, Sendable {
  var first: Int64
  var last: Int64
  /// Wall clock, µs.
  var time: Int64

  /// What is left of it without `serials`, in order and all within it.
  func without(_ serials: [Int64]) -> [SkippedRun] {
    var rest: [SkippedRun] = []
    var next = first
    for serial in serials {
      if next < serial { rest.append(SkippedRun(first: next, last: serial - 1, time: time)) }
      next = serial + 1
    }
    if next <= last { rest.append(SkippedRun(first: next, last: last, time: time)) }
    return rest
  }
}

// What an import finds of a serial, and what it does:
//
//     the serial is                                     then
//     below the template's start serial                 refused: before_start
//     not made yet (the series' next, or higher)        taken; next moves past it, what it passes over
//                                                       is skipped
//     skipped by an import before                       taken out of its run
//     live, completed, or came back                     refused: live, completed, returned
//     in stock, lapsed, or ended longer ago than kept   refused: made

/// Why a number can't be taken over: what its serial is already. The raw value goes to the client.
enum TakenSerial: String, Sendable, Equatable, CaseIterable {
  case beforeStart = "before_start"
  case live
  case completed
  case returned
  case made
}
