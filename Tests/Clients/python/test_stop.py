"""SV6: a stop that is asked for. Streams that wait for their clients end at once and say why; calls that run may end."""

import contextlib
import queue
import signal

import grpc
import hpack
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from api import Client, allocation, locking, refusal, warnings
from attendance import Stream, attendant
from conftest import connect
from pools import HOLDER, allocate, counter, make_pool, request_id
from raw_peer import DATA, END_HEADERS, END_STREAM, HEADERS, PING, RawPeer, frame, message
from server import STOP_SECONDS, Server, eventually
from watching import Watch

BUSINESS = "shop"
STOPPED = (grpc.StatusCode.UNAVAILABLE, "SERVER_STOPPING")
# Far more than a test may take: a stop that waits for it fails.
GRACE_SECONDS = 600


class Open(Stream):
    """A stream that has sent these requests, and ends only when the test has seen its end."""

    def __init__(self, client, method, *requests):
        self._requests = queue.Queue()
        for request in requests:
            self._requests.put(request)
        super().__init__(client.stub(method)(iter(self._requests.get, None), timeout=60))

    def end(self, seconds=30):
        end = super().end(seconds)
        self._requests.put(None)
        return end

    def rest(self):
        """All that comes before its end."""
        return list(iter(lambda: self._items.get(timeout=60), None))


class Upload:
    """A stream of requests with one response, at its end; the requests are sent, and it isn't ended."""

    def __init__(self, client, method, *requests):
        self._requests = queue.Queue()
        for request in requests:
            self._requests.put(request)
        self._future = client.stub(method).future(iter(self._requests.get, None), timeout=60)

    def end(self, seconds):
        with pytest.raises(grpc.RpcError) as error:
            self._future.result(seconds)
        self._requests.put(None)
        return error.value


def why(stream):
    """How a stream ended: code and reason."""
    end = refusal(stream.end(30))
    return end.code, end.reason


@pytest.fixture
def stopping(tmp_path):
    """A server with a pool, and what asks it to stop and sees that it does."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(Server(tmp_path, "--grace", GRACE_SECONDS))
        channel = stack.enter_context(connect(server, "h2c"))
        make_pool(Client(channel), BUSINESS, "N{serial:9}", generation_batch=1000)
        yield server, Client(channel)


def stop(server):
    server.process.send_signal(signal.SIGTERM)


def stops(server):
    """Whether a stop that was asked for ends as it should."""
    return server.process.wait(STOP_SECONDS) == 0


def ask(sequence, count=1, **fields):
    request = allocation.AllocateRequest(
        business=BUSINESS, count=count, holder=HOLDER, request_id=request_id(), **fields
    )
    return allocation.AllocateStreamRequest(sequence=sequence, allocate=request)


def test_watches_end_at_once(stopping):
    server, client = stopping
    watches = [Stream(client.WatchLocks(business=BUSINESS)) for _ in range(3)]
    watches.append(Stream(client.WatchLocks(business=BUSINESS, max_updates_per_second=1)))
    watches.append(Stream(client.WatchWarnings()))
    for watch in watches:
        assert watch.next().cursor
    stop(server)
    assert [why(watch) for watch in watches] == [STOPPED] * len(watches)
    assert stops(server)


def test_streams_that_wait_for_their_clients_end_at_once(stopping):
    """All of those with a stream of requests, each after it was answered, or heard, at least once."""
    server, client = stopping
    lease = client.CreateLease(business=BUSINESS, holder=HOLDER).lease.lease_id
    attendance = warnings.Attendance(business=BUSINESS, attendant=attendant("OWNER", "o"))
    streams = {
        "AllocateStream": Open(client, "AllocateStream", ask(1)),
        "KeepAlive": Open(
            client, "KeepAlive", locking.KeepAliveRequest(business=BUSINESS, lease_id=lease, holder=HOLDER)
        ),
        "Attend": Open(client, "Attend", warnings.AttendRequest(attendance=attendance)),
    }
    for stream in streams.values():
        stream.next()
    # One that was never used.
    streams["silent"] = Open(client, "AllocateStream")
    reflection = reflection_pb2_grpc.ServerReflectionStub(client.channel).ServerReflectionInfo
    requests = queue.Queue()
    requests.put(reflection_pb2.ServerReflectionRequest(list_services=""))
    streams["reflection"] = Stream(reflection(iter(requests.get, None), timeout=60))
    streams["reflection"].next()
    streams["health"] = Stream(
        health_pb2_grpc.HealthStub(client.channel).Watch(health_pb2.HealthCheckRequest(), timeout=60)
    )
    streams["health"].next()
    stop(server)
    assert {name: why(stream) for name, stream in streams.items()} == dict.fromkeys(streams, STOPPED)
    assert stops(server)
    requests.put(None)


def test_uploads_say_how_far_they_came(stopping):
    server, client = stopping
    part = allocation.ImportNumbersRequest(business="import", request_id=request_id())
    make_pool(client, "import", "N{serial:9}", high_watermark=0)
    part.numbers.add(number="N000000007", holder=HOLDER)
    imports = Upload(client, "ImportNumbersStream", allocation.ImportNumbersStreamRequest(part=part))
    signals = Upload(client, "ReportSignalStream")
    assert eventually(lambda: counter(client, "import").live == 1)
    stop(server)
    for upload, messages in [(imports, "1"), (signals, "0")]:
        end = refusal(upload.end(30))
        assert (end.code, end.reason, end.metadata) == (*STOPPED, {"message": messages})
    assert stops(server)


def test_what_a_stream_has_sent_and_ended_is_answered(stopping):
    """A client that says that it has sent its last gets every answer, as it would without a stop."""
    server, _ = stopping
    asked = 300
    with RawPeer(server.h2c, window=1 << 30) as peer:
        peer.open_connection_window()
        stream = peer.request("/orderwire.v1.AllocationService/AllocateStream")
        requests = b"".join(message(ask(sequence, 100).SerializeToString()) for sequence in range(asked))
        size = 16_384
        for start in range(0, len(requests), size):
            peer.send(frame(DATA, 0, stream, requests[start : start + size]))
        peer.send(frame(DATA, END_STREAM, stream) + frame(PING, payload=b"all sent"))
        frames, headers = [], hpack.Decoder()

        def read():
            kind, flags, of, payload = peer.read_frame()
            fields = headers.decode(payload) if kind == HEADERS else None
            frames.append((kind, flags, of, fields or payload))
            return frames[-1]

        # The answer to it says that the server has all of the request.
        while read()[::3] != (PING, b"all sent"):
            pass
        stop(server)
        while frames[-1][:3] != (HEADERS, END_HEADERS | END_STREAM, stream):
            read()
        assert dict(frames[-1][3])["grpc-status"] == "0"
        body = b"".join(payload for kind, _, of, payload in frames if (kind, of) == (DATA, stream))
        sequences = []
        while body:
            end = 5 + int.from_bytes(body[1:5], "big")
            answer = allocation.AllocateStreamResponse.FromString(body[5:end])
            assert len(answer.allocated.numbers) == 100
            sequences.append(answer.sequence)
            body = body[end:]
        assert sorted(sequences) == list(range(asked))
    assert stops(server)


def test_every_answer_of_what_was_taken_comes_before_the_end(tmp_path):
    """A stream in full use when the server stops: what it decided it has answered."""
    with Server(tmp_path, "--grace", GRACE_SECONDS) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, BUSINESS, "N{serial:9}", generation_batch=1000)
        stream = Open(client, "AllocateStream", *(ask(sequence, 10) for sequence in range(5_000)))
        numbers = list(stream.next().allocated.numbers)
        stop(server)
        for answer in stream.rest():
            numbers += answer.allocated.numbers
        end = refusal(stream.error)
        assert (end.code, end.reason) == STOPPED
        assert stops(server)
    with Server(tmp_path / "again", store=server.store) as server, connect(server, "h2c") as channel:
        assert counter(Client(channel), BUSINESS).allocated == len(numbers)


@pytest.mark.parametrize("window", [0, 1_000])
def test_a_watch_that_is_not_read_holds_up_no_stop(stopping, window):
    """Its stream's window is full, and stays so."""
    server, client = stopping
    allocate(client, BUSINESS, 100)
    with RawPeer(server.h2c, window=window) as peer, RawPeer(server.h2c, window=window) as other:
        request = locking.WatchLocksRequest(business=BUSINESS, from_oldest=True)
        peer.call("/orderwire.v1.LockingService/WatchLocks", request.SerializeToString())
        every = warnings.WatchWarningsRequest()
        other.call("/orderwire.v1.WarningService/WatchWarnings", every.SerializeToString())
        for one in (peer, other):
            assert any(kind == HEADERS for kind, *_ in one.frames()), "the watch has not begun"
        assert server.stop() == 0


def test_a_watch_that_is_read_too_late_goes_on_elsewhere_from_its_cursor(tmp_path):
    """It was cut off in the middle: the client sees UNAVAILABLE, and misses nothing on the next server."""
    options = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 65_536)]
    rounds = 60
    with Server(tmp_path, "--grace", GRACE_SECONDS) as server, connect(server, "h2c") as channel:
        with grpc.insecure_channel(server.h2c, options) as slow:
            client = Client(channel)
            make_pool(client, BUSINESS, "N{serial:9}", generation_batch=1000)
            watch = Watch(Client(slow), BUSINESS)
            for _ in range(rounds):
                allocate(client, BUSINESS, 1000)
            assert server.stop() == 0
            seen = []
            with pytest.raises(grpc.RpcError) as error:
                while True:
                    seen += watch.response().events
            assert error.value.code() == grpc.StatusCode.UNAVAILABLE
    assert len(seen) < rounds * 1000
    with Server(tmp_path / "again", store=server.store) as server, connect(server, "h2c") as channel:
        with Watch(Client(channel), BUSINESS, cursor=watch.cursor) as rest:
            seen += rest.events(rounds * 1000 - len(seen))
        with Watch(Client(channel), BUSINESS, from_oldest=True) as whole:
            assert whole.events(rounds * 1000) == seen


@pytest.mark.parametrize("flags", [0, END_STREAM])
def test_an_allocate_stream_that_is_not_read_holds_up_no_stop(stopping, flags):
    server, client = stopping
    with RawPeer(server.h2c, window=1_000) as peer:
        for sequence in range(3):
            stream = peer.request("/orderwire.v1.AllocationService/AllocateStream")
            peer.send(frame(DATA, flags, stream, message(ask(sequence, 100).SerializeToString())))
        assert eventually(lambda: counter(client, BUSINESS).allocated == 300)
        assert server.stop() == 0


def test_a_request_that_does_not_become_whole_holds_up_no_stop(stopping):
    server, _ = stopping
    with RawPeer(server.h2c) as peer:
        peer.request("/orderwire.v1.AllocationService/Allocate")
        assert server.stop() == 0
