"""What grpcio can't say: header fields and frames as other clients, and broken ones, may send them."""

import base64
import gzip

import pytest
from google.protobuf.any_pb2 import Any

from echo_server import EchoServer, word
from raw_http2 import RawClient, framed, headers

OK, INVALID_ARGUMENT, UNIMPLEMENTED, INTERNAL = 0, 3, 12, 13


@pytest.fixture(scope="module")
def server():
    with EchoServer() as server:
        yield server


@pytest.fixture
def client(server):
    with RawClient(server.addresses["h2c"]) as client:
        yield client


def encoded(text, value=b""):
    return word(text, value).SerializeToString()


def texts(answer):
    """The words of the answer's messages."""
    return [Any.FromString(message).type_url for _, message in answer.messages]


# Compression

LARGE = encoded("a", bytes(1000))
FIELDS = ["grpc-encoding", "grpc-accept-encoding"]


@pytest.mark.parametrize(
    "encoding, flag, status, told",
    [
        (None, 0, OK, None),
        ("identity", 0, OK, None),
        ("gzip", 0, OK, "identity,gzip"),
        ("gzip", 1, OK, "identity,gzip"),
        ("br", 0, OK, "identity,gzip"),
        ("br", 1, UNIMPLEMENTED, "identity,gzip"),
        ("identity", 1, INTERNAL, None),
        (None, 1, INTERNAL, None),
    ],
)
def test_what_is_accepted_is_told_to_who_compresses(client, encoding, flag, status, told):
    body = framed(gzip.compress(LARGE) if flag else LARGE, flag)
    answer = client.call(headers(grpc_encoding=encoding), body)
    assert answer.status[0] == status
    assert [answer.first(name) for name in FIELDS] == [None, told]


@pytest.mark.parametrize("accepted, compressed", [(None, 0), ("identity,deflate", 0), ("identity", 0), ("br, gzip", 1)])
def test_only_who_accepts_gzip_gets_it(client, accepted, compressed):
    message = encoded("compress", bytes(1000))
    answer = client.call(headers("/test.Echo/Expand", grpc_accept_encoding=accepted), framed(message))
    assert [answer.first(name) for name in FIELDS] == ["gzip" if compressed else None, None]
    assert [flag for flag, _ in answer.messages] == [compressed, 0, compressed]
    assert all((gzip.decompress(body) if flag else body) == message for flag, body in answer.messages)


def test_each_message_is_compressed_by_itself_or_not(client):
    words = [framed(gzip.compress(encoded("compressed?")), 1), framed(encoded("compressed?"))] * 2
    answer = client.call(headers("/test.Echo/Collect", grpc_encoding="gzip"), b"".join(words))
    assert texts(answer) == ["yes no yes no "]


def test_nothing_of_a_call_is_left_to_the_next(client):
    message = encoded("compress", bytes(1000))
    told = client.call(headers("/test.Echo/Expand", grpc_encoding="gzip", grpc_accept_encoding="gzip"), framed(message))
    assert [told.first(name) for name in FIELDS] == ["gzip", "identity,gzip"]
    for fields in [headers(x="y" * 20_000), headers()]:
        next = client.call(fields, framed(message))
        assert [next.first(name) for name in FIELDS] == [None, None]
    assert client.call(headers(), framed(gzip.compress(message), 1)).status[0] == INTERNAL


# Header fields of a request

A = framed(encoded("a"))
BAD_TIMEOUT = (INTERNAL, "grpc-timeout is not up to eight digits and one of the units H, M, S, m, u, n")
BAD_CODEC = (UNIMPLEMENTED, "the content type's codec is not supported; proto is")
MALFORMED = "reset"  # with PROTOCOL_ERROR: what HTTP/2 calls malformed (RFC 9113, section 8.1.1)


@pytest.mark.parametrize(
    "fields, answer",
    [
        (headers(), OK),
        (headers(content_type="application/grpc+proto"), OK),
        (headers(content_type="Application/gRPC; charset=utf-8"), OK),
        (headers(content_type="application/grpc+json"), BAD_CODEC),
        (headers(content_type="application/grpc-web"), "415"),
        (headers(content_type="text/html"), "415"),
        (headers(content_type=None), "415"),
        (headers(content_type="text/html", te=None), "415"),
        (headers() + [("content-type", "application/grpc")], (INTERNAL, "content-type is there more than once")),
        ([(":method", "GET")] + headers()[1:], "405"),
        (headers(te=None), (INTERNAL, "te: trailers is missing: a proxy on the way may lose the status")),
        (headers(te="gzip"), MALFORMED),
        (headers(grpc_timeout="1x"), BAD_TIMEOUT),
        (headers(grpc_timeout="123456789n"), BAD_TIMEOUT),
        (headers(grpc_timeout="-1S"), BAD_TIMEOUT),
        (headers(grpc_timeout="99999999H"), OK),
        (headers(grpc_timeout="0S"), (4, "the deadline has passed")),
        (headers() + [("grpc-timeout", "1H")] * 2, (INTERNAL, "grpc-timeout is there more than once")),
        (headers() + [("grpc-encoding", "gzip")] * 2, (INTERNAL, "grpc-encoding is there more than once")),
        (headers() + [("grpc-accept-encoding", "gzip")] * 2, OK),
        (headers(grpc_message_type="google.protobuf.Any", grpc_future="x"), OK),
        (headers() + [("X-Upper", "a")], MALFORMED),
        (headers() + [("connection", "close")], MALFORMED),
        (headers() + [("transfer-encoding", "chunked")], MALFORMED),
        (headers() + [("x", "a\nb")], MALFORMED),
        (headers() + [("x", "a\x01b")], MALFORMED),
        (headers(without=[":path"]), MALFORMED),
        (headers() + [(":method", "POST")], MALFORMED),
        (headers(path=""), MALFORMED),
        (headers("*"), MALFORMED),
        (headers("/test.Echo/Unary/"), (UNIMPLEMENTED, "there is no method /test.Echo/Unary/")),
        (headers("/test.echo/Unary"), (UNIMPLEMENTED, "there is no method /test.echo/Unary")),
        (headers("/test.Echo/Unary?a"), (UNIMPLEMENTED, "there is no method /test.Echo/Unary?a")),
        (headers("/a%2F" + "é"), (UNIMPLEMENTED, "there is no method /a%252F%C3%A9")),
    ],
    ids=lambda value: str([field for field in value if field not in headers()]) if isinstance(value, list) else None,
)
def test_header_fields(client, fields, answer):
    got = client.call(fields, A)
    if answer == MALFORMED:
        assert (got.reset, got.head) == (1, [])
    elif isinstance(answer, str):
        assert got.first(":status") == answer
        assert got.first("grpc-status") is None
    else:
        assert got.first(":status") == "200"
        assert got.status == ((OK, "") if answer == OK else answer)
    # Whatever came of it, the connection lives on.
    assert client.call(headers(), A).status == (OK, "")


METADATA = [
    ([("x", " a ")], [("x", "a")]),
    ([("x", "a"), ("y", "1"), ("x", "b, c")], [("x", "a"), ("y", "1"), ("x", "b, c")]),
    ([("x", "")], [("x", "")]),
    ([("x", "größer")], [("x", "größer")]),
    ([("x-bin", "AAE")], [("x-bin", "AAE")]),
    ([("x-bin", "AAE=")], [("x-bin", "AAE=")]),
    ([("x-bin", "AAE,AAI=")], [("x-bin", "AAE,AAI=")]),
    ([("grpc-trace-bin", "AAE"), ("grpc-tags-bin", "AA")], [("grpc-trace-bin", "AAE"), ("grpc-tags-bin", "AA")]),
    ([("grpc-previous-rpc-attempts", "2")], [("grpc-previous-rpc-attempts", "2")]),
    ([("grpc-future", "x"), ("grpc-status", "0"), ("host", "x")], []),
]


@pytest.mark.parametrize("sent, echoed", METADATA, ids=str)
def test_metadata_comes_back_in_its_order(client, sent, echoed):
    """A handler may give what it was given: none of it is an error, neither then nor when it is sent back."""
    answer = client.call(headers() + sent, framed(encoded("metadata")))
    assert answer.status == (OK, "")
    assert [field for field in answer.head if field[0] not in (":status", "content-type")] == echoed


BYTES = [("AAE", "0001"), ("AAE=", "0001"), ("AAE,AAI=", "0001 0002"), ("AAE, ,_-8", "0001  ffef")]


@pytest.mark.parametrize("sent, values", BYTES)
def test_bytes_are_decoded_for_the_handler(client, sent, values):
    answer = client.call(headers(x_bin=sent), framed(encoded("bytes")))
    assert texts(answer) == [values]


BROKEN = [("x-bin", "!"), ("x-bin", "A"), ("x-bin", "AAE,!"), ("x-bin", "AA=A"), ("grpc-trace-bin", "AAE==")]


@pytest.mark.parametrize("key, value", BROKEN)
def test_bytes_that_are_none_are_refused_with_their_key(client, key, value):
    """Others do so too, with INTERNAL (grpc-go) or a reset (gRPC C++), which name neither."""
    answer = client.call(headers() + [("y-bin", "AAE"), (key, value)], framed(encoded("bytes")))
    assert answer.status == (INVALID_ARGUMENT, f"{key}: what this key has in the metadata isn't Base64")
    details = base64.b64decode(answer.first("grpc-status-details-bin") + "==")
    assert b"METADATA_NOT_BASE64" in details and key.encode() in details
    assert client.call(headers(x_bin="AAE"), framed(encoded("bytes"))).status == (OK, "")


def test_bytes_of_the_protocols_own_keys_are_not_looked_at(client):
    assert client.call(headers() + [("grpc-future-bin", "!")], framed(encoded("a"))).status == (OK, "")


# Answers without a message


def test_a_refusal_is_headers_alone_with_its_metadata(client):
    answer = client.call(headers(), framed(encoded("refuse")))
    assert answer.trailers == [] and answer.body == b""
    assert answer.status == (14, "later")
    assert [answer.first(name) for name in ("x-initial", "x-trailing", "x-error")] == ["1", "2", "3"]
    assert answer.first("grpc-retry-pushback-ms") == "1500"
    assert answer.first("grpc-status-details-bin")
    assert answer.first("content-type") == "application/grpc"


# Frames


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 100])
def test_a_message_across_frames(client, size):
    body = framed(encoded("a", bytes(1000)))
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    answer = client.call(headers(), *pieces)
    assert answer.status == (OK, "")
    assert answer.messages == [(0, body[5:])]


@pytest.mark.parametrize("count", [0, 1, 2, 500])
def test_messages_in_one_frame(client, count):
    assert texts(client.call(headers("/test.Echo/Chat"), A * count + b"")) == ["a"] * count
    assert texts(client.call(headers("/test.Echo/Collect"), A * count)) == ["a" * count]


def test_messages_across_frames_and_frames_across_messages(client):
    body = b"".join(framed(encoded(str(number), bytes(number))) for number in range(200))
    pieces = [body[start : start + 997] for start in range(0, len(body), 997)]
    assert texts(client.call(headers("/test.Echo/Chat"), *pieces)) == [str(number) for number in range(200)]


@pytest.mark.parametrize("path", ["Unary", "Chat"])
def test_messages_of_no_bytes(client, path):
    answer = client.call(headers(f"/test.Echo/{path}"), framed(b""))
    assert answer.status == (OK, "")
    assert answer.messages == [(0, b"")]


def test_frames_of_no_bytes(client):
    answer = client.call(headers(), b"", A[:3], b"", b"", A[3:], b"", b"")
    assert (texts(answer), answer.status) == (["a"], (OK, ""))


@pytest.mark.parametrize("padding", [0, 1, 255])
def test_padding_is_no_part_of_a_message(client, padding):
    stream = client.open(headers("/test.Echo/Chat"))
    # More of it than the windows have room for: its credit has to come back, too.
    for _ in range(3000):
        client.send(stream, A, padding=padding)
    client.send(stream, A[:2], padding=padding)
    client.send(stream, A[2:], end=True, padding=padding)
    assert texts(client.answer(stream)) == ["a"] * 3001


@pytest.mark.parametrize(
    "path, status", [("Unary", UNIMPLEMENTED), ("Expand", UNIMPLEMENTED), ("Collect", OK), ("Chat", OK)]
)
def test_no_messages_at_all(client, path, status):
    """The request may end with its headers, or with an empty frame."""
    for pieces in [(), (b"",), (b"", b"")]:
        answer = client.call(headers(f"/test.Echo/{path}"), *pieces)
        assert answer.status[0] == status
        assert len(answer.messages) == (path == "Collect")


@pytest.mark.parametrize("path", ["Unary", "Expand", "Collect", "Chat"])
@pytest.mark.parametrize("body", [A[:4], A[:-1]])
def test_a_request_that_ends_within_a_message(client, path, body):
    assert client.call(headers(f"/test.Echo/{path}"), body).status == (INTERNAL, "the request ends within a message")


@pytest.mark.parametrize("path", ["Unary", "Expand"])
@pytest.mark.parametrize("more", [A, A[:1]])
def test_more_than_one_message(client, path, more):
    expected = (UNIMPLEMENTED, "the request has more than one message")
    assert client.call(headers(f"/test.Echo/{path}"), A + more).status == expected
    assert client.call(headers(f"/test.Echo/{path}"), A, more).status == expected


# Ends, in every order


@pytest.fixture(params=["answer", "refusal"])
def ended(client, request):
    """A call that has its whole answer, and whose request hasn't ended."""
    if request.param == "answer":
        stream = client.open(headers("/test.Echo/Chat"))
        client.send(stream, A + framed(encoded("bye")))
        answer = client.answer(stream)
        assert (answer.status, texts(answer), answer.reset) == ((OK, ""), ["a"], None)
    else:
        stream = client.open(headers("/test.Echo/Nope"))
        answer = client.answer(stream)
        assert (answer.status[0], answer.reset) == (UNIMPLEMENTED, None)
    return stream


def test_an_answer_is_not_reset_before_the_request_ends(client, ended):
    """Proxies were seen to lose the status when NO_ERROR came right behind it."""
    assert client.call(headers(), A).status == (OK, "")
    client.send(ended, b"", end=True)
    assert client.call(headers(), A).status == (OK, "")
    assert client.answers[ended].reset is None


def test_more_of_a_request_that_is_answered_is_not_wanted(client, ended):
    client.send(ended, A)
    assert client.wait(ended, lambda answer: answer.reset is not None).reset == 0
    assert client.call(headers(), A).status == (OK, "")


def test_a_request_that_is_answered_and_never_ends(client, ended):
    assert client.wait(ended, lambda answer: answer.reset is not None).reset == 0


def test_the_client_ends_before_the_server_begins(client):
    stream = client.open(headers("/test.Echo/Chat"))
    client.send(stream, A * 3, end=True)
    answer = client.answer(stream)
    assert (texts(answer), answer.status, answer.reset) == (["a"] * 3, (OK, ""), None)


def test_the_client_ends_in_the_middle_of_the_answer(client):
    stream = client.open(headers("/test.Echo/Chat"))
    client.send(stream, A)
    client.wait(stream, lambda answer: answer.messages)
    client.send(stream, b"", end=True)
    answer = client.answer(stream)
    assert (texts(answer), answer.status) == (["a"], (OK, ""))


def test_trailers_of_a_request_end_it(client):
    stream = client.open(headers("/test.Echo/Collect"))
    client.send(stream, A)
    client.connection.send_headers(stream, [("x-checksum", "1")], end_stream=True)
    client.flush()
    assert texts(client.answer(stream)) == ["a"]


def test_an_error_in_the_middle_of_both_streams(client):
    stream = client.open(headers("/test.Echo/Chat"))
    client.send(stream, A)
    client.wait(stream, lambda answer: answer.messages)
    client.send(stream, framed(b"\xff"))
    answer = client.answer(stream)
    assert (texts(answer), answer.status[0]) == (["a"], 3)
    assert answer.first("grpc-encoding") is None


@pytest.mark.parametrize("code", [0, 1, 2, 5, 7, 8, 11, 0xFFFF])
def test_every_reset_cancels_the_handler(client, server, code):
    stream = client.open(headers())
    client.send(stream, framed(encoded("hang")), end=True)
    server.wait_for("hangs")
    client.reset(stream, code)
    server.wait_for("cancelled")
    server.wait_for("slept until CANCELLED")
    assert client.call(headers(), A).status == (OK, "")


def test_a_handler_sleeps_no_longer_than_its_deadline(client, server):
    assert client.call(headers(grpc_timeout="50m"), framed(encoded("hang"))).status == (4, "the deadline has passed")
    server.wait_for("slept until DEADLINE_EXCEEDED")


def test_a_reset_ends_a_stream_that_waits_for_messages(client, server):
    stream = client.open(headers("/test.Echo/Chat"))
    client.send(stream, A)
    client.wait(stream, lambda answer: answer.messages)
    client.reset(stream, 8)
    server.wait_for("chat ends")


def test_requests_that_nobody_reads_do_not_stop_other_calls(client, server):
    """Together they fill several times the connection's window, each within its own."""
    streams = [client.open(headers("/test.Echo/Collect")) for _ in range(16)]
    for stream in streams:
        client.send(stream, framed(encoded("hang")))
        server.wait_for("hangs")
        for _ in range(15):
            client.send(stream, framed(encoded("", bytes(16_000))))
    assert client.call(headers(), A).status == (OK, "")
    for stream in streams:
        client.reset(stream, 8)
        server.wait_for("cancelled")
