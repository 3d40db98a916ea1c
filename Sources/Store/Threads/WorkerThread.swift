internal import CLinux
internal import Glibc

/// A thread that runs one body; blocking engine calls happen on these only.
struct WorkerThread: @unchecked Sendable {  // A thread's id may be joined from anywhere.
  private let id: pthread_t

  /// Starts `body`; `name` is what the system's tools show, at most 15 bytes.
  init(name: String, _ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Body(name: name, run: body))
    var id = pthread_t()
    let code = pthread_create(&id, nil, workerThreadMain, box.toOpaque())
    precondition(code == 0, "no thread: error \(code)")
    self.id = id
  }

  func join() { pthread_join(id, nil) }

  /// Nobody will join it.
  func detach() { pthread_detach(id) }

  fileprivate final class Body {
    let name: String
    let run: @Sendable () -> Void

    init(name: String, run: @escaping @Sendable () -> Void) {
      self.name = name
      self.run = run
    }
  }
}

/// A free function, so that it is formed in no actor's context.
private func workerThreadMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let body = Unmanaged<WorkerThread.Body>.fromOpaque(argument).takeRetainedValue()
  clinux_name_thread(body.name)
  body.run()
  return nil
}
