// RPC: streams to calls and back: gRPC framing, metadata, deadlines, status, router, health, reflection.
