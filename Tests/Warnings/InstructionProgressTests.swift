import Testing

@testable import Warnings

/// The table at the head of `InstructionProgress`, each cell of it.
@Suite struct InstructionProgressTests {
  private func progress(_ phase: InstructionPhase) -> InstructionProgress {
    InstructionProgress(
      phase: phase, attempt: 1, pause: 10, repeatDue: 10, escalationDue: 25, expiryDue: 100)
  }

  static let answers: [(InstructionPhase, InstructionAnswer, InstructionPhase?)] = [
    (.sent, .accepted, .accepted), (.sent, .done, .done), (.sent, .refused, .refused),
    (.accepted, .accepted, nil), (.accepted, .done, .done), (.accepted, .refused, .refused),
    (.done, .done, nil), (.refused, .refused, nil),
  ]

  @Test(arguments: answers)
  func isAnswered(from: InstructionPhase, answer: InstructionAnswer, to: InstructionPhase?) {
    var progress = progress(from)
    #expect(progress.answered(answer) == (to == nil ? .unchanged : .changed))
    #expect(progress.phase == to ?? from)
  }

  @Test func allOtherAnswersComeTooLate() {
    for phase in InstructionPhase.allCases {
      for answer in InstructionAnswer.allCases
      where !Self.answers.contains(where: { $0.0 == phase && $0.1 == answer }) {
        var progress = progress(phase)
        #expect(progress.answered(answer) == .ended, "\(phase) \(answer)")
        #expect(progress.phase == phase)
      }
    }
  }

  @Test func isRepeatedWithLongerPausesThenEscalatedThenGivenUp() {
    var progress = progress(.sent)
    var told: [(Int64, InstructionProgress.Event)] = []
    for now in 0..<200 {
      while let event = progress.passed(to: Int64(now)) { told.append((Int64(now), event)) }
    }
    #expect(told.map(\.0) == [10, 25, 30, 70, 100])
    #expect(told.map(\.1) == [.repeated, .escalated, .repeated, .repeated, .expired])
    #expect(progress.attempt == 4)
    #expect(progress.phase == .expired && progress.due == nil)
  }

  @Test func acceptedIsOnlyGivenUp() {
    var progress = progress(.accepted)
    #expect(progress.due == 100)
    #expect(progress.passed(to: 99) == nil)
    #expect(progress.passed(to: 100) == .expired)
  }

  @Test(arguments: InstructionPhase.allCases)
  func theWarningClears(phase: InstructionPhase) {
    var progress = progress(phase)
    let isWithdrawn = progress.warningCleared()
    #expect(isWithdrawn == (phase == .sent))
    #expect(progress.phase == (phase == .sent ? .withdrawn : phase))
  }

  @Test func pausesHaveALimit() {
    var progress = InstructionProgress(
      pause: WarningLimits.repeatAfter, escalateAfter: nil,
      expireAfter: WarningLimits.longestExpiry,
      at: 0)
    for _ in 0..<20 {
      guard let due = progress.due else { break }
      #expect(progress.passed(to: due) == .repeated)
    }
    #expect(progress.pause == WarningLimits.longestRepeat)
  }
}
