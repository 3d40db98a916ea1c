"""The gRPC protocol as grpcio sees it: four kinds of calls and their ends, over h2c and TLS.

The server is `rpc-testserver`; what only raw frames can say is in `frames_test.py`.
"""

import os
import queue
import subprocess

import grpc
import pytest
from google.protobuf.any_pb2 import Any
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from api import error_details
from api import status as status_proto
from echo_server import ROOT, SECONDS, EchoServer, word

@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    subprocess.run([ROOT / "certs/generate", folder], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def server(certificates):
    with EchoServer(certificates / "server.pem", certificates / "server.key") as server:
        yield server


def connect(server, transport, certificates):
    options = [("grpc.max_receive_message_length", 64 << 20)]
    if transport == "h2c":
        return grpc.insecure_channel(server.addresses["h2c"], options)
    roots = (certificates / "ca.pem").read_bytes()
    return grpc.secure_channel(server.addresses["tls"], grpc.ssl_channel_credentials(root_certificates=roots), options)


@pytest.fixture(params=["h2c", "tls"])
def channel(request, server, certificates):
    with connect(server, request.param, certificates) as channel:
        yield channel


class Echo:
    """The four methods of the echo service."""

    def __init__(self, channel):
        coding = {"request_serializer": Any.SerializeToString, "response_deserializer": Any.FromString}
        self.unary = channel.unary_unary("/test.Echo/Unary", **coding)
        self.immediate = channel.unary_unary("/test.Echo/Immediate", **coding)
        self.expand = channel.unary_stream("/test.Echo/Expand", **coding)
        self.collect = channel.stream_unary("/test.Echo/Collect", **coding)
        self.chat = channel.stream_stream("/test.Echo/Chat", **coding)


@pytest.fixture
def echo(channel):
    return Echo(channel)


def failure(call):
    """The error that `call` ends with."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value


# The four kinds


@pytest.mark.parametrize("size", [0, 1, 1000, 16_384, 65_536, 1_000_000, 4_000_000])
def test_unary_of_any_size(echo, size):
    request = word("a", os.urandom(size))
    assert echo.unary(request, timeout=SECONDS) == request


def test_unary_whose_handler_never_waits(echo):
    assert echo.immediate(word("a"), timeout=SECONDS) == word("a")
    assert failure(lambda: echo.immediate(word("fail"), timeout=SECONDS)).code() == grpc.StatusCode.ABORTED


@pytest.mark.parametrize("count", [0, 1, 3000])
def test_server_streaming(echo, count):
    answers = [answer.type_url for answer in echo.expand(word(str(count)), timeout=SECONDS)]
    assert answers == [str(number) for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, 3000])
def test_client_streaming(echo, count):
    answer = echo.collect((word("x", b"y" * number) for number in range(count)), timeout=SECONDS)
    assert len(answer.type_url) == count
    assert len(answer.value) == count * (count - 1) // 2


def test_bidirectional_in_turns(echo):
    requests = queue.Queue()
    answers = echo.chat(iter(requests.get, None), timeout=SECONDS)
    for number in range(100):
        requests.put(word(str(number)))
        assert next(answers) == word(str(number))
    requests.put(None)
    assert list(answers) == []
    assert answers.code() == grpc.StatusCode.OK


def test_bidirectional_at_once(echo):
    requests = [word(str(number), bytes(1000)) for number in range(2000)]
    assert list(echo.chat(iter(requests), timeout=SECONDS)) == requests


def test_the_server_ends_first(echo):
    requests = queue.Queue()
    answers = echo.chat(iter(requests.get, None), timeout=SECONDS)
    requests.put(word("a"))
    requests.put(word("bye"))
    assert list(answers) == [word("a")]
    requests.put(None)
    endless = iter(lambda: word("enough"), None)
    assert echo.collect(endless, timeout=SECONDS) == Any()


# Metadata


def test_metadata_both_ways(echo):
    sent = [("x-text", "a b"), ("x-text", "c"), ("x-bytes-bin", b"\0\xff"), ("x-empty", ""), ("x-empty-bin", b"")]
    _, call = echo.unary.with_call(word("metadata"), metadata=sent, timeout=SECONDS)
    initial = [(key, value) for key, value in call.initial_metadata() if key.startswith("x-")]
    assert sorted(initial) == sorted(sent)
    assert ("t-bin", b"\0\1\2") in list(call.trailing_metadata())


def test_metadata_above_the_limit(echo):
    error = failure(lambda: echo.unary(word("a"), metadata=[("x", "y" * 20_000)], timeout=SECONDS))
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert echo.unary(word("a"), timeout=SECONDS) == word("a")


# Status


def test_status_with_unicode_and_details(echo):
    error = failure(lambda: echo.unary(word("fail"), timeout=SECONDS))
    assert error.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert error.details() == "größer als 100 %"
    packed = dict(error.trailing_metadata())["grpc-status-details-bin"]
    status = status_proto.Status.FromString(packed)
    assert (status.code, status.message) == (grpc.StatusCode.FAILED_PRECONDITION.value[0], error.details())
    info = error_details.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (info.reason, info.domain, dict(info.metadata)) == ("TEST", "orderwire", {"a": "b"})


def test_status_in_the_middle_of_a_stream(echo):
    answers = echo.expand(word("fail midway"), timeout=SECONDS)
    assert next(answers) == word("1")
    assert failure(lambda: next(answers)).code() == grpc.StatusCode.DATA_LOSS


def test_status_alone(echo):
    answers = echo.expand(word("fail"), timeout=SECONDS)
    error = failure(lambda: next(answers))
    assert (error.code(), error.details()) == (grpc.StatusCode.NOT_FOUND, "nothing")
    requests = (word(text) for text in ["a", "fail", "b"])
    assert failure(lambda: echo.collect(requests, timeout=SECONDS)).code() == grpc.StatusCode.OUT_OF_RANGE


@pytest.mark.parametrize("path", ["/test.Echo/Nope", "/test.Nope/Unary", "/nope", "/"])
def test_unknown_methods(channel, path):
    call = channel.unary_unary(path, request_serializer=Any.SerializeToString, response_deserializer=Any.FromString)
    error = failure(lambda: call(word("a"), timeout=SECONDS))
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED


def test_a_message_above_the_limit(echo):
    error = failure(lambda: echo.unary(word("a", bytes((4 << 20) + 1)), timeout=SECONDS))
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert echo.unary(word("a"), timeout=SECONDS) == word("a")


def test_bytes_that_are_no_message(channel):
    call = channel.unary_unary("/test.Echo/Unary")
    assert failure(lambda: call(b"\xff", timeout=SECONDS)).code() == grpc.StatusCode.INVALID_ARGUMENT


# Compression


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
@pytest.mark.parametrize("size", [0, 100, 1_000_000, 4_000_000])
def test_compressed_both_ways(echo, compression, size):
    request = word("compress", bytes(size))
    assert echo.unary(request, compression=compression, timeout=SECONDS) == request
    assert list(echo.expand(request, compression=compression, timeout=SECONDS)) == [request] * 3


def test_the_handler_learns_whether_a_message_was_compressed(echo):
    request = word("compressed?", bytes(10_000))
    assert echo.unary(request, compression=grpc.Compression.Gzip, timeout=SECONDS).type_url == "yes"
    assert echo.unary(request, timeout=SECONDS).type_url == "no"


def test_another_compression_is_refused(echo):
    call = lambda: echo.unary(word("a", bytes(10_000)), compression=grpc.Compression.Deflate, timeout=SECONDS)
    error = failure(call)
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED
    assert error.details() == "the encoding 'deflate' is not supported; supported are identity,gzip"


def test_a_message_above_the_limit_when_decompressed(echo):
    call = lambda: echo.unary(word("a", bytes(4 << 20)), compression=grpc.Compression.Gzip, timeout=SECONDS)
    error = failure(call)
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert error.details() == "a message is larger than 4194304 bytes when decompressed"
    assert echo.unary(word("a"), timeout=SECONDS) == word("a")


# Ends from outside


def test_deadline(echo, server):
    error = failure(lambda: echo.unary(word("hang"), timeout=0.1))
    assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    server.wait_for("cancelled")
    assert echo.unary(word("deadline"), timeout=SECONDS).type_url == "some"


def test_cancellation_reaches_the_handler(echo, server):
    call = echo.unary.future(word("hang"), timeout=SECONDS)
    server.wait_for("hangs")
    call.cancel()
    server.wait_for("cancelled")
    assert call.cancelled()


def test_cancellation_wakes_a_handler_that_reads(echo, server):
    requests = queue.Queue()
    answers = echo.chat(iter(requests.get, None), timeout=SECONDS)
    requests.put(word("a"))
    assert next(answers) == word("a")
    answers.cancel()
    server.wait_for("chat ends")
    requests.put(None)


def test_cancellation_wakes_a_handler_that_writes(echo, server):
    answers = echo.expand(word("flood"), timeout=SECONDS)
    next(answers)
    answers.cancel()
    server.wait_for("flood ends")


def test_a_lost_connection_cancels(server, certificates):
    with connect(server, "h2c", certificates) as channel:
        # Kept, for grpcio cancels a call that nobody holds any more.
        call = Echo(channel).unary.future(word("hang"), timeout=SECONDS)
        server.wait_for("hangs")
        assert not call.done()
    server.wait_for("cancelled")


# Services


def test_health(channel, server):
    health = health_pb2_grpc.HealthStub(channel)
    service = "wire.Service"
    watch = health.Watch(health_pb2.HealthCheckRequest(service=service), timeout=SECONDS)
    unknown = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
    states = {"serving": health_pb2.HealthCheckResponse.SERVING, "not": health_pb2.HealthCheckResponse.NOT_SERVING}
    assert next(watch).status in [unknown, states["not"]]
    for name, state in states.items():
        server.say(f"health {service} {name}")
        assert next(watch).status == state
        assert health.Check(health_pb2.HealthCheckRequest(service=service), timeout=SECONDS).status == state
    watch.cancel()
    request = health_pb2.HealthCheckRequest(service="no.Such")
    assert failure(lambda: health.Check(request, timeout=SECONDS)).code() == grpc.StatusCode.NOT_FOUND


def test_reflection(channel):
    database = ProtoReflectionDescriptorDatabase(channel)
    assert "grpc.health.v1.Health" in database.get_services()
    pool = DescriptorPool(database)
    watch = pool.FindServiceByName("grpc.health.v1.Health").methods_by_name["Watch"]
    assert watch.server_streaming
    assert pool.FindMessageTypeByName("grpc.health.v1.HealthCheckRequest").fields_by_name["service"].number == 1
    with pytest.raises(KeyError):
        pool.FindMessageTypeByName("no.Such")


def test_stop_ends_a_watch(certificates):
    with EchoServer() as server, connect(server, "h2c", certificates) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=SECONDS)
        assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
        server.process.stdin.close()
        assert next(watch).status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert failure(lambda: next(watch)).code() == grpc.StatusCode.UNAVAILABLE
        assert server.process.wait(SECONDS) == 0
