"""What grpcio can't say: header fields and frames as other clients, and broken ones, may send them."""

import gzip

import pytest
from google.protobuf.any_pb2 import Any

from echo_server import EchoServer, word
from raw_http2 import RawClient, framed, headers

OK, INTERNAL, UNIMPLEMENTED = 0, 13, 12


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
