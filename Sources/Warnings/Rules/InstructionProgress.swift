// An instruction:
//
//     state      repeat due    escalation due   expiry due   accepts    done   refuses   warning clears
//     sent       sent¹         sent²            expired      accepted   done   refused   withdrawn
//     accepted   –             –                expired      accepted   done   refused   accepted
//     done, refused, expired, withdrawn: final; the same answer again changes nothing, another is refused
//
// ¹ told once more, and the next time is twice as far; ² once, somebody else is told as well.

/// Where an instruction is; the numbers are those of the wire and of the tables.
enum InstructionPhase: Int32, Sendable, CaseIterable {
  case sent = 1
  case accepted = 2
  case done = 3
  case refused = 4
  case expired = 5
  case withdrawn = 6

  var isOpen: Bool { self == .sent || self == .accepted }
}

/// What an attendant can answer.
enum InstructionAnswer: Int32, Sendable, CaseIterable {
  case accepted = 2
  case done = 3
  case refused = 4
}

/// How an instruction goes on. Times are on the clock that nobody sets, µs.
struct InstructionProgress: Sendable, Equatable {
  enum Event: Sendable, Equatable {
    /// It is told once more.
    case repeated
    /// Somebody else is to be told.
    case escalated
    case expired
  }

  enum Outcome: Sendable, Equatable {
    case changed
    /// It was answered so before.
    case unchanged
    /// It has ended otherwise.
    case ended
  }

  private(set) var phase: InstructionPhase
  private(set) var attempt: Int32
  /// How long until it is told again, µs; doubles each time.
  private(set) var pause: Int64
  private(set) var repeatDue: Int64
  /// Nil: nobody else is told, or was already.
  private(set) var escalationDue: Int64?
  private(set) var expiryDue: Int64

  init(pause: Int64, escalateAfter: Int64?, expireAfter: Int64, at now: Int64) {
    phase = .sent
    attempt = 1
    self.pause = pause
    repeatDue = now + pause
    escalationDue = escalateAfter.map { now + $0 }
    expiryDue = now + expireAfter
  }

  /// As it was kept.
  init(
    phase: InstructionPhase, attempt: Int32, pause: Int64, repeatDue: Int64, escalationDue: Int64?,
    expiryDue: Int64
  ) {
    self.phase = phase
    self.attempt = attempt
    self.pause = pause
    self.repeatDue = repeatDue
    self.escalationDue = escalationDue
    self.expiryDue = expiryDue
  }

  /// When something happens without an answer.
  var due: Int64? {
    switch phase {
    case .sent: min(repeatDue, expiryDue, escalationDue ?? .max)
    case .accepted: expiryDue
    case .done, .refused, .expired, .withdrawn: nil
    }
  }

  /// What is due at `now`, one at a time.
  mutating func passed(to now: Int64) -> Event? {
    guard let due, due <= now else { return nil }
    if expiryDue <= now {
      phase = .expired
      return .expired
    }
    if let escalation = escalationDue, escalation <= now {
      escalationDue = nil
      return .escalated
    }
    attempt += 1
    pause = min(pause * 2, max(pause, WarningLimits.longestRepeat))
    repeatDue = now + pause
    return .repeated
  }

  mutating func answered(_ answer: InstructionAnswer) -> Outcome {
    switch (phase, answer) {
    case (.sent, .accepted): phase = .accepted
    case (.sent, .done), (.accepted, .done): phase = .done
    case (.sent, .refused), (.accepted, .refused): phase = .refused
    case (.accepted, .accepted), (.done, .done), (.refused, .refused): return .unchanged
    case (.done, _), (.refused, _), (.expired, _), (.withdrawn, _): return .ended
    }
    return .changed
  }

  /// Its warning has cleared. False if it stays as it is.
  mutating func warningCleared() -> Bool {
    guard phase == .sent else { return false }
    phase = .withdrawn
    return true
  }

  /// It is given up before its time.
  mutating func givenUp() { if phase.isOpen { phase = .expired } }
}
