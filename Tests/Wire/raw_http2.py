"""A client of HTTP/2 that says whatever it is told to, well-formed or not, and tells all that it is answered."""

import dataclasses
import socket
import struct

import h2.config
import h2.connection
import h2.events

SECONDS = 20


def headers(path="/test.Echo/Unary", without=(), **more):
    """The header fields of a call; underscores in keywords stand for hyphens, None takes a field out."""
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": "test",
        "te": "trailers",
        "content-type": "application/grpc",
    }
    fields.update({name.replace("_", "-"): value for name, value in more.items()})
    return [(name, value) for name, value in fields.items() if value is not None and name not in without]


def framed(message, flag=0):
    """A message as it goes over the wire."""
    return struct.pack(">BI", flag, len(message)) + message


@dataclasses.dataclass
class Answer:
    head: list = dataclasses.field(default_factory=list)
    body: bytes = b""
    trailers: list = dataclasses.field(default_factory=list)
    has_ended: bool = False
    reset: int | None = None

    def first(self, name):
        return next((value for key, value in self.head + self.trailers if key == name), None)

    @property
    def status(self):
        """The number and the text of gRPC's status."""
        return int(self.first("grpc-status")), self.first("grpc-message") or ""

    @property
    def messages(self):
        """The flag and the bytes of each message."""
        messages, rest = [], self.body
        while rest:
            flag, size = struct.unpack(">BI", rest[:5])
            messages.append((flag, rest[5 : 5 + size]))
            rest = rest[5 + size :]
        return messages


class RawClient:
    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=SECONDS)
        config = h2.config.H2Configuration(
            client_side=True,
            header_encoding="utf-8",
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
        )
        self.connection = h2.connection.H2Connection(config)
        self.connection.initiate_connection()
        self.answers = {}
        self.flush()

    def flush(self):
        self.socket.sendall(self.connection.data_to_send())

    def open(self, fields, end=False):
        stream = self.connection.get_next_available_stream_id()
        self.answers[stream] = Answer()
        self.connection.send_headers(stream, fields, end_stream=end)
        self.flush()
        return stream

    def send(self, stream, data, end=False, padding=None):
        size = len(data) + (0 if padding is None else padding + 1)
        while self.connection.local_flow_control_window(stream) < size:
            self.read()
        self.connection.send_data(stream, data, end_stream=end, pad_length=padding)
        self.flush()

    def reset(self, stream, code):
        self.connection.reset_stream(stream, code)
        self.flush()

    def wait(self, stream, until):
        """Reads until the answer is as wanted, or over."""
        answer = self.answers[stream]
        while not until(answer) and answer.reset is None:
            self.read()
        return answer

    def read(self):
        data = self.socket.recv(65_536)
        assert data, "the server closed the connection"
        for event in self.connection.receive_data(data):
            self.take(event)
        self.flush()

    def take(self, event):
        answer = self.answers.get(getattr(event, "stream_id", None))
        match event:
            case h2.events.ResponseReceived():
                answer.head = list(event.headers)
            case h2.events.DataReceived():
                answer.body += event.data
                self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case h2.events.TrailersReceived():
                answer.trailers = list(event.headers)
            case h2.events.StreamEnded():
                answer.has_ended = True
            case h2.events.StreamReset():
                answer.reset = event.error_code

    def answer(self, stream):
        """The whole answer."""
        return self.wait(stream, lambda answer: answer.has_ended)

    def call(self, fields, *pieces):
        """A call whose request is these pieces, each a DATA frame, and nothing more."""
        stream = self.open(fields, end=not pieces)
        for index, piece in enumerate(pieces):
            self.send(stream, piece, end=index == len(pieces) - 1)
        return self.answer(stream)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
