"""What gRPC's interop test descriptions ask of `grpc.testing.TestService`, from today's grpcio.

The interop clients themselves run with `Tests/run --long`.
"""

import queue
import subprocess
import time

import grpc
import pytest

from programs import ROOT, ConformanceServer
from raw_http2 import RawClient, framed, headers
from testing_api import SERVICE, TestServiceStub, message

SECONDS = 20


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    subprocess.run([ROOT / "certs/generate", folder], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def server(certificates):
    with ConformanceServer(certificates / "server.pem", certificates / "server.key") as server:
        yield server


@pytest.fixture(params=["h2c", "tls"])
def channel(request, server, certificates):
    address = f"localhost:{server.ports[request.param]}"
    if request.param == "h2c":
        channel = grpc.insecure_channel(address)
    else:
        roots = (certificates / "ca.pem").read_bytes()
        channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(root_certificates=roots))
    with channel:
        yield channel


@pytest.fixture
def stub(channel):
    return TestServiceStub(channel)


def payload(size):
    return message("Payload", body=bytes(size))


def simple(response_size=0, size=0, **fields):
    return message("SimpleRequest", response_size=response_size, payload=payload(size), **fields)


def streaming(sizes, size=0, **fields):
    parameters = [message("ResponseParameters", size=wanted) for wanted in sizes]
    return message("StreamingOutputCallRequest", response_parameters=parameters, payload=payload(size), **fields)


def sizes(responses):
    return [len(response.payload.body) for response in responses]


def failure(call):
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value


class Requests:
    """Requests of a stream, sent when the test says so; ends with `None`."""

    def __init__(self):
        self.queue = queue.Queue()
        self.send = self.queue.put

    def __iter__(self):
        return iter(self.queue.get, None)


def test_empty_unary(stub):
    assert stub.EmptyCall(message("Empty"), timeout=SECONDS) == message("Empty")


def test_large_unary(stub):
    response = stub.UnaryCall(simple(314_159, 271_828), timeout=SECONDS)
    assert response.payload.body == bytes(314_159)


def test_cacheable_unary(stub):
    first, call = stub.CacheableUnaryCall.with_call(simple(), timeout=SECONDS)
    assert ("cache-control", "max-age=60, public") in call.initial_metadata()
    assert stub.CacheableUnaryCall(simple(), timeout=SECONDS).payload.body != first.payload.body


def yes_or_no(value):
    return message("BoolValue", value=value)


GZIP = grpc.Compression.Gzip
PLAIN = grpc.Compression.NoCompression


@pytest.mark.parametrize("compression", [GZIP, PLAIN])
@pytest.mark.parametrize("expected", [True, False])
def test_client_compressed_unary(stub, compression, expected):
    request = simple(314_159, 271_828, expect_compressed=yes_or_no(expected))
    call = stub.UnaryCall.with_call
    if expected == (compression == GZIP):
        response, _ = call(request, compression=compression, timeout=SECONDS)
        assert len(response.payload.body) == 314_159
    else:
        error = failure(lambda: call(request, compression=compression, timeout=SECONDS))
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("compression", [GZIP, PLAIN])
@pytest.mark.parametrize("expected", [True, False])
def test_client_compressed_streaming(stub, compression, expected):
    requests = Requests()
    requests.send(message("StreamingInputCallRequest", payload=payload(27_182), expect_compressed=yes_or_no(expected)))
    fits = expected == (compression == GZIP)
    if fits:
        requests.send(None)

    # Otherwise refused at once, not after the end that the client never sends.
    def call():
        return stub.StreamingInputCall(iter(requests), compression=compression, timeout=SECONDS)

    if fits:
        assert call().aggregated_payload_size == 27_182
    else:
        assert failure(call).code() == grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("method", ["UnaryCall", "StreamingOutputCall"])
@pytest.mark.parametrize("compressed", [True, False])
def test_server_compressed(stub, server, method, compressed):
    if method == "UnaryCall":
        request = simple(31_415, response_compressed=yes_or_no(compressed))
        assert sizes([stub.UnaryCall(request, timeout=SECONDS)]) == [31_415]
        flags = [compressed]
    else:
        request = streaming([31_415, 92_653])
        request.response_parameters[0].compressed.value = compressed
        request.response_parameters[1].compressed.value = not compressed
        assert sizes(stub.StreamingOutputCall(request, timeout=SECONDS)) == [31_415, 92_653]
        flags = [compressed, not compressed]
    # grpcio doesn't show the flags of messages.
    with RawClient(f"127.0.0.1:{server.ports['h2c']}") as client:
        fields = headers(path=f"/{SERVICE}/{method}", grpc_accept_encoding="gzip")
        answer = client.call(fields, framed(request.SerializeToString()))
        assert [flag == 1 for flag, _ in answer.messages] == flags
        assert answer.status[0] == 0


def test_client_streaming(stub):
    requests = (message("StreamingInputCallRequest", payload=payload(size)) for size in [27_182, 8, 1828, 45_904])
    assert stub.StreamingInputCall(requests, timeout=SECONDS).aggregated_payload_size == 74_922


def test_server_streaming(stub):
    wanted = [31_415, 9, 2653, 58_979]
    assert sizes(stub.StreamingOutputCall(streaming(wanted), timeout=SECONDS)) == wanted


def test_an_interval_passes_before_each_response(stub):
    request = streaming([1, 2])
    for parameters in request.response_parameters:
        parameters.interval_us = 200_000
    began = time.monotonic()
    assert sizes(stub.StreamingOutputCall(request, timeout=SECONDS)) == [1, 2]
    assert time.monotonic() - began >= 0.4


def test_ping_pong(stub):
    requests = Requests()
    call = stub.FullDuplexCall(iter(requests), timeout=SECONDS)
    for wanted, size in [(31_415, 27_182), (9, 8), (2653, 1828), (58_979, 45_904)]:
        requests.send(streaming([wanted], size))
        assert sizes([next(call)]) == [wanted]
    requests.send(None)
    assert list(call) == []
    assert call.code() == grpc.StatusCode.OK


def test_half_duplex(stub):
    requests = Requests()
    call = stub.HalfDuplexCall(iter(requests), timeout=SECONDS)
    for wanted in [[1, 2], [3]]:
        requests.send(streaming(wanted))
    requests.send(None)
    assert sizes(call) == [1, 2, 3]


def test_empty_stream(stub):
    call = stub.FullDuplexCall(iter(()), timeout=SECONDS)
    assert list(call) == []
    assert call.code() == grpc.StatusCode.OK


@pytest.mark.parametrize(
    "text", ["test status message", "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"]
)
def test_status_code_and_message(stub, text):
    status = message("EchoStatus", code=2, message=text)
    unary = failure(lambda: stub.UnaryCall(simple(response_status=status), timeout=SECONDS))
    duplex = failure(
        lambda: list(stub.FullDuplexCall(iter([streaming([], response_status=status)]), timeout=SECONDS))
    )
    for error in (unary, duplex):
        assert (error.code(), error.details()) == (grpc.StatusCode.UNKNOWN, text)


def test_custom_metadata(stub):
    initial = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
    trailing = ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab")
    _, unary = stub.UnaryCall.with_call(simple(314_159, 271_828), metadata=[initial, trailing], timeout=SECONDS)
    duplex = stub.FullDuplexCall(iter([streaming([314_159])]), metadata=[initial, trailing], timeout=SECONDS)
    assert sizes(duplex) == [314_159]
    for call in (unary, duplex):
        assert initial in call.initial_metadata()
        assert trailing in call.trailing_metadata()


@pytest.mark.parametrize("service", ["TestService", "UnimplementedService"])
def test_unimplemented(channel, service):
    call = channel.unary_unary(f"/grpc.testing.{service}/UnimplementedCall")
    assert failure(lambda: call(b"", timeout=SECONDS)).code() == grpc.StatusCode.UNIMPLEMENTED


def test_cancel_after_begin(stub):
    call = stub.StreamingInputCall.future(iter(Requests()), timeout=SECONDS)
    assert call.cancel()
    assert call.code() == grpc.StatusCode.CANCELLED


def test_cancel_after_first_response(stub):
    requests = Requests()
    call = stub.FullDuplexCall(iter(requests), timeout=SECONDS)
    requests.send(streaming([31_415], 27_182))
    assert sizes([next(call)]) == [31_415]
    call.cancel()
    assert failure(lambda: next(call)).code() == grpc.StatusCode.CANCELLED


def test_timeout_on_sleeping_server(stub):
    requests = Requests()
    call = stub.FullDuplexCall(iter(requests), timeout=0.001)
    requests.send(streaming([], 27_182))
    assert failure(lambda: next(call)).code() == grpc.StatusCode.DEADLINE_EXCEEDED


@pytest.mark.parametrize("size", [-1, 5_000_000])
def test_a_payload_has_a_limit(stub, size):
    error = failure(lambda: stub.UnaryCall(simple(size), timeout=SECONDS))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert error.details() == f"a payload has 0 to 4194304 bytes, not {size}"
