/// What the writer is up to.
///
/// mode       | event             | then                                       | mode
/// -----------|-------------------|--------------------------------------------|-----------
/// serving    | unwritable        | refuse, try again after the interval       | probing
/// serving    | broken            | refuse, reopen from disk                   | recovering(1)
/// probing    | written           | serve                                      | serving
/// probing    | unwritable        | try again after the interval               | probing
/// probing    | broken            | reopen from disk                           | recovering(1)
/// recovering | reopened          | serve                                      | serving
/// recovering | broken/unwritable | reopen once more after the interval        | recovering(n + 1)
/// recovering | the same, n at limit | tell the process to end                 | failed
/// any        | corrupt           | tell the process to end                    | failed
/// failed     | anything          | refuse                                     | failed
/// serving    | written           |                                            | serving
enum WriterMode: Equatable {
  case serving
  case probing
  case recovering(attempt: Int)
  case failed

  enum Event: CaseIterable { case written, reopened, unwritable, broken, corrupt }

  enum Action: Equatable { case serve, probeLater, reopen, reopenLater, giveUp }

  /// Storage that failed this often in a row won't come back by being asked again.
  static let recoveryAttempts = 5

  mutating func happened(_ event: Event) -> Action {
    switch (self, event) {
    case (.failed, _), (_, .corrupt):
      self = .failed
      return .giveUp
    case (.serving, .written), (.serving, .reopened), (.probing, .written), (.probing, .reopened),
      (.recovering, .reopened), (.recovering, .written):
      self = .serving
      return .serve
    case (.serving, .unwritable), (.probing, .unwritable):
      self = .probing
      return .probeLater
    case (.serving, .broken), (.probing, .broken):
      self = .recovering(attempt: 1)
      return .reopen
    case (.recovering(let attempt), .broken), (.recovering(let attempt), .unwritable):
      guard attempt < Self.recoveryAttempts else {
        self = .failed
        return .giveUp
      }
      self = .recovering(attempt: attempt + 1)
      return .reopenLater
    }
  }
}
