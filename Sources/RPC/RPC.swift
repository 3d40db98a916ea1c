// RPC: streams to calls and back: gRPC framing, metadata, deadlines, status and details, router,
// health, reflection, and a small client side.
//
// It imports HTTP2 (streams of a connection), EventLoop (timers, where tasks run) and Messages. It never
// touches a socket, an nghttp2 session or protobuf-c, and never blocks a loop.
//
// A call's way in: `ServerCall` reads the request headers, `Router` finds the method, `MessageReader`
// cuts the messages out of the bytes, `CallState` decides what may happen when.
