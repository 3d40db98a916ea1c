/// The process that serves.
struct ServerProcess {
  let configuration: Configuration
  init(_ configuration: Configuration) { self.configuration = configuration }
  func run() throws(CommandFailure) {
    throw CommandFailure(.internalFault, "not wired yet")
  }
}
