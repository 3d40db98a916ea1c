/// Every reason for which a call about consumers, their deliveries and dead letters is refused.
enum ConsumptionRefusal: Error, Equatable, Sendable {
  case deliveryStale
  case deadLetterNotFound(field: String)
  case deadLettersOutOfRange
  case editsExhausted(limit: Int)
  case attachmentMissing
  case attachedTwice
  case consumerInvalid(field: String)
  case consumerReplaced
  case consumersExhausted(limit: Int)
  case creditsOutOfRange(field: String)
  case settlementsOutOfRange
  case delayOutOfRange(field: String)
  case extensionOutOfRange(field: String)
  case ackDeadlineOutOfRange(field: String)
  case attemptsOutOfRange(field: String)
  case policyInvalid(field: String)
  case breakerFailuresOutOfRange(field: String)
  case queueBoundOutOfRange(field: String)
  case overflowPolicyInvalid(field: String)
}
