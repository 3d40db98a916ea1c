// HTTP2: bytes to streams and back: listener, TLS, nghttp2 session, flow control, limits.
