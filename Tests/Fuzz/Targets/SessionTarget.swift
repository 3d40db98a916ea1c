// Bytes of a client into a server's connection, with calls to real services on it. When it is over no
// stream, handler, byte or credit is left.

import CNGHTTP2
import Echo

@testable import EventLoop
@testable import HTTP2
@testable import RPC

nonisolated(unsafe) let handTurned = HandTurnedLoop()

private let methods: MethodTable = {
  var router = Router()
  EchoService { _ in }.register(with: &router)
  HealthService().register(with: &router)
  router.addReflection()
  return MethodTable(router.methods)
}()

func fuzzSession(_ input: inout Input) {
  let choice = input.byte()
  let (http2, limits) = sessionLimits(areSmall: choice & 1 != 0)
  let shared = ServerLoop(loop: handTurned.loop, limits: limits, methods: methods)
  let (connection, peer) = handTurned.connection(.server, http2) { stream in
    let call = shared.takeCall()
    call.begin(stream)
    return StreamWitness(call)
  }
  connection.start()
  talk(&input, connection, peer, isClient: true, isRaw: choice & 2 != 0, hears: choice & 4 == 0)
  checkOpen(connection)
  if choice & 8 != 0 { connection.drain() }
  end(connection, peer, byHangingUp: choice & 16 != 0)

  handTurned.turn(until: "handlers return") { connection.runningHandlers == 0 }
  precondition(shared.runningHandlers == 0)
  precondition(connection.bufferedRequestBytes == 0 && shared.requestBytes == 0)
  checkHeard(peer, connection, http2)
  // A server that stops lets go of its calls, and they of it.
  let ending = Task.immediate(executorPreference: handTurned.loop) {
    await shared.end(atMost: .zero)
  }
  handTurned.turn()
  ending.cancel()
}

/// Small ones, so that short inputs get beyond them, or those by default.
func sessionLimits(areSmall: Bool) -> (HTTP2Limits, ServerLimits) {
  var http2 = HTTP2Limits()
  var limits = ServerLimits()
  http2.drainAnswer = .zero
  guard areSmall else { return (http2, limits) }
  http2.concurrentStreams = 4
  http2.headerListBytes = 256
  http2.streamWindowBytes = 512
  http2.connectionWindowBytes = 65_535
  limits.receiveMessageBytes = 1024
  limits.metadataBytes = 64
  limits.handlersPerConnection = 2
  limits.requestBytesPerConnection = 600
  limits.decodedBytes = 2048
  return (http2, limits)
}

/// Says the input, as it is or as a script, with the connection's turns in between.
func talk(
  _ input: inout Input, _ connection: HTTP2Connection, _ peer: FuzzPeer, isClient: Bool,
  isRaw: Bool, hears: Bool
) {
  var script = Script(isClient: isClient)
  if !isRaw {
    ((isClient ? Script.preface : []) + Script.settings).withUnsafeBytes { peer.say($0) }
  }
  while !input.isEmpty, !connection.isClosed {
    if isRaw {
      peer.say(input.piece())
      handTurned.turn()
    } else if case .say(let bytes) = script.step(&input) {
      bytes.withUnsafeBytes { peer.say($0) }
    } else {
      handTurned.turn()
    }
    if hears { peer.hear() }
  }
  handTurned.turn()
  handTurned.turn()
}

/// What is so between ticks.
func checkOpen(_ connection: HTTP2Connection) {
  guard !connection.isClosed else { return }
  if connection.openStreams == 0 {
    // nghttp2 opens the window again when half of it is used up.
    let used = nghttp2_session_get_effective_recv_data_length(connection.session)
    precondition(used <= connection.limits.connectionWindowBytes / 2, "\(used) bytes got lost")
    precondition(StreamWitness.open == 0, "streams weren't closed")
  }
}

func end(_ connection: HTTP2Connection, _ peer: FuzzPeer, byHangingUp: Bool) {
  peer.hear()
  if byHangingUp { peer.hangUp() }
  for _ in 0..<4 {
    handTurned.turn()
    peer.hear()
  }
  connection.close("the end of the input")
  handTurned.turn()
  peer.hear()
  precondition(connection.isClosed && connection.openStreams == 0)
  precondition(StreamWitness.open == 0, "\(StreamWitness.open) streams weren't closed")
}

func checkHeard(_ peer: FuzzPeer, _ connection: HTTP2Connection, _ limits: HTTP2Limits) {
  HeardFrames(peer.heard, isCut: true).checkCredit(
    came: peer.said, start: Int(limits.connectionWindowBytes) - 65_535)
}
