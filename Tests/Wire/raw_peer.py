"""A peer that writes what it is told to, in any pieces, and reads only when it is told to: slow, stuck or unfair.

`raw_http2` has one that keeps its side of the protocol.
"""

import socket
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
INITIAL_WINDOW_SIZE = 4


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def literal(name, value):
    """A header field as HPACK writes it without tables and Huffman (RFC 7541 section 6.2.2), shorter than 127."""
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


def message(body):
    """One gRPC message."""
    return b"\0" + struct.pack(">I", len(body)) + body


class RawPeer:
    """A connection over h2c. `window` is what it lets each stream send before it asks for more."""

    def __init__(self, address, window=65_535, receive_buffer=None, timeout=20):
        host, port = address.rsplit(":", 1)
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect((host, int(port)))
        self.next_stream = 1
        self._input = b""
        self.send(PREFACE + frame(SETTINGS, payload=struct.pack(">HI", INITIAL_WINDOW_SIZE, window)))

    def send(self, data):
        self.socket.sendall(data)

    def request(self, path, *headers):
        """Opens a call without a message yet; returns its stream."""
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        fields = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost")]
        fields += [("te", "trailers"), ("content-type", "application/grpc"), *headers]
        self.send(frame(HEADERS, END_HEADERS, stream, b"".join(literal(*field) for field in fields)))
        return stream

    def call(self, path, body, *headers):
        """Opens a call with its only message; returns its stream."""
        stream = self.request(path, *headers)
        self.send(frame(DATA, END_STREAM, stream, message(body)))
        return stream

    def call_in_frames(self, path, body):
        """Like `call`, with a message that needs several frames."""
        stream, data, size = self.request(path), message(body), 16_384
        parts = [data[start : start + size] for start in range(0, len(data), size)]
        self.send(b"".join(frame(DATA, END_STREAM * (part is parts[-1]), stream, part) for part in parts))

    def open_connection_window(self, count=(1 << 31) - 1 - 65_535):
        """Lets all streams together send more."""
        self.send(frame(WINDOW_UPDATE, payload=struct.pack(">I", count)))

    def read_frame(self):
        """The next frame: kind, flags, stream and payload; None once the server has closed."""
        header = self._exactly(9)
        if header is None:
            return None
        payload = self._exactly(int.from_bytes(header[:3], "big"))
        return None if payload is None else (*struct.unpack(">BBI", header[3:]), payload)

    def frames(self):
        """Every frame until the server closes."""
        return iter(self.read_frame, None)

    def _exactly(self, count):
        while len(self._input) < count:
            try:
                more = self.socket.recv(65_536)
            except ConnectionResetError:
                more = b""
            if not more:
                return None
            self._input += more
        data, self._input = self._input[:count], self._input[count:]
        return data

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
