"""The client package: what it says of refusals, how it waits, how it keeps a lease, and that it installs and type-checks."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading

import grpc
import pytest

from api import PACKAGE, allocation, allocation_grpc, locking, locking_grpc
from orderwire.backoff import Backoff
from orderwire.channel import connect
from orderwire.feed import Feed
from orderwire.lease import KeptLease, LeaseLost
from orderwire.refusal import refusal
from pools import HOLDER, make_pool, request_id
from server import ROOT, Server, eventually

WAIT_SECONDS = 30


@pytest.fixture
def stubs(server, certificates):
    with connect(server.tls, ca=certificates / "ca.pem") as channel:
        yield allocation_grpc.AllocationServiceStub(channel), locking_grpc.LockingServiceStub(channel)


def failure(call, request):
    with pytest.raises(grpc.RpcError) as caught:
        call(request, timeout=WAIT_SECONDS)
    return refusal(caught.value)


def test_a_refusal_names_its_reason_and_its_field(stubs, client, business):
    why = failure(stubs[0].Allocate, allocation.AllocateRequest(business=business, count=1, holder="h"))
    assert (why.code, why.reason, why.fields) == (grpc.StatusCode.NOT_FOUND, "POOL_NOT_FOUND", {})
    assert not why.is_passing
    make_pool(client, business)
    why = failure(stubs[0].Allocate, allocation.AllocateRequest(business=business, count=0, holder="h"))
    assert (why.code, why.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "COUNT_OUT_OF_RANGE")
    assert list(why.fields) == ["count"]
    number = stubs[0].Allocate(allocation.AllocateRequest(business=business, count=1, holder="h")).numbers[0]
    number.token.generation += 1
    completion = locking.Completion(number=number.number, token=number.token)
    why = failure(
        stubs[1].Complete, locking.CompleteRequest(business=business, holder="h", completions=[completion]))
    assert why.reason == "TOKEN_STALE"
    assert list(why.fields) == ["completions[0].token"]


def test_a_server_that_is_down_passes(certificates):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))  # and doesn't listen
        with connect(f"127.0.0.1:{holder.getsockname()[1]}") as channel:
            stub = allocation_grpc.AllocationServiceStub(channel)
            why = failure(stub.GetPool, allocation.GetPoolRequest(business="b"))
    assert (why.code, why.reason) == (grpc.StatusCode.UNAVAILABLE, "")
    assert why.is_passing


def test_certificates_that_make_no_sense_are_refused_before_a_connection():
    with pytest.raises(ValueError):
        connect("localhost:1", certificate="client.pem", key="client.key")
    with pytest.raises(ValueError):
        connect("localhost:1", ca="ca.pem", key="client.key")


def test_waits_grow_to_a_bound_and_begin_anew():
    backoff = Backoff(first=1, most=4, factor=2, jitter=0)
    assert [backoff.failed() for _ in range(5)] == [1, 2, 4, 4, 4]
    assert backoff.failed(at_least=9) == 9
    backoff.succeeded()
    assert backoff.failed() == 1
    spread = Backoff(first=1, most=1, jitter=0.2, random=random.Random(1))
    waits = [spread.failed() for _ in range(200)]
    assert 0.8 <= min(waits) < 0.85 and 1.15 < max(waits) <= 1.2


def test_a_lease_is_kept_over_kill_and_restart(tmp_path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
    first = Server(tmp_path, ports=(port, 0))
    try:
        with connect(f"127.0.0.1:{port}") as channel:
            make_pool_by(channel, "shop")
            stub = locking_grpc.LockingServiceStub(channel)
            with KeptLease(stub, business="shop", holder=HOLDER, ttl=600, renew_every=0.05) as lease:
                assert renewed(stub, lease)
                first.kill()
                with Server(tmp_path, ports=(port, 0)):
                    assert renewed(stub, lease)
                    assert not lease.is_lost and lease.remaining > 300
                    lease.check()
    finally:
        first.kill()


def feed_of(stub, cursor=None, **options):
    def open(cursor):
        request = locking.WatchLocksRequest(business="shop", cursor=cursor or "", from_oldest=cursor is None)
        return stub.WatchLocks(request)

    return Feed(open, cursor, **options)


def test_a_feed_goes_on_over_kills_and_restarts_with_each_event_once(tmp_path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
    numbers, disconnects, rounds = [], [], 3
    server = Server(tmp_path, ports=(port, 0))
    try:
        with connect(f"127.0.0.1:{port}") as channel:
            make_pool_by(channel, "shop")
            allocating = allocation_grpc.AllocationServiceStub(channel)
            with feed_of(locking_grpc.LockingServiceStub(channel), on_disconnect=disconnects.append) as feed:
                responses = iter(feed)
                for count in range(1, rounds + 1):
                    request = allocation.AllocateRequest(
                        business="shop", count=count, holder=HOLDER, request_id=request_id())
                    allocating.Allocate(request, wait_for_ready=True, timeout=WAIT_SECONDS)
                    more = []
                    while len(more) < count:
                        more += [event.lock.number for event in next(responses).events]
                    numbers += more
                    if count < rounds:
                        server.kill()
                        server = Server(tmp_path, ports=(port, 0))
    finally:
        server.kill()
    assert numbers == [f"SO{serial:06}" for serial in range(1, 7)]
    assert len(disconnects) >= rounds - 1
    assert {error.code() for error in disconnects} == {grpc.StatusCode.UNAVAILABLE}


def test_a_response_that_its_owner_failed_at_comes_again(tmp_path):
    with Server(tmp_path) as server, connect(server.h2c) as channel:
        make_pool_by(channel, "shop")
        allocating = allocation_grpc.AllocationServiceStub(channel)
        allocating.Allocate(allocation.AllocateRequest(business="shop", count=1, holder=HOLDER))
        with feed_of(locking_grpc.LockingServiceStub(channel)) as feed:
            first = next(response for response in feed if response.events)
            again = next(response for response in feed if response.events)
            assert [event.sequence for event in first.events] == [event.sequence for event in again.events]


def test_what_does_not_pass_is_raised(tmp_path):
    with Server(tmp_path) as server, connect(server.h2c) as channel:
        make_pool_by(channel, "shop")
        with feed_of(locking_grpc.LockingServiceStub(channel), cursor="nonsense") as feed:
            with pytest.raises(grpc.RpcError) as caught:
                next(iter(feed))
    assert refusal(caught.value).reason == "CURSOR_INVALID"


def test_a_feed_ends_when_it_is_closed(tmp_path):
    with Server(tmp_path) as server, connect(server.h2c) as channel:
        make_pool_by(channel, "shop")
        feed = feed_of(locking_grpc.LockingServiceStub(channel))
        begun, ended = threading.Event(), threading.Event()

        def follow():
            for _ in feed:
                begun.set()
            ended.set()

        threading.Thread(target=follow, daemon=True).start()
        assert begun.wait(WAIT_SECONDS)
        feed.close()
        assert ended.wait(WAIT_SECONDS)


def make_pool_by(channel, business):
    stub = allocation_grpc.AllocationServiceStub(channel)
    pool = allocation.Pool(business=business, template="SO{serial:6}")
    stub.CreatePool(allocation.CreatePoolRequest(pool=pool, request_id=request_id()), wait_for_ready=True)


def renewed(stub, lease):
    """Whether the server sees the lease renewed from now on.

    What it shows of one expiry differs by microseconds from call to call, as it is of two clocks.
    """
    def expiry():
        request = locking.GetLeaseRequest(business=lease.business, lease_id=lease.id)
        return stub.GetLease(request, wait_for_ready=True, timeout=WAIT_SECONDS).lease.expire_time.ToNanoseconds()

    before = expiry()
    return eventually(lambda: expiry() > before + 1_000_000, WAIT_SECONDS)


def test_a_lease_that_the_server_has_no_more_is_lost_at_once(stubs, client, business):
    make_pool(client, business, lease_mode=allocation.LEASE_MODE_LEASED)
    told = []
    # Another server's lease, as it were: renewals ask for one that there isn't.
    with KeptLease(stubs[1], business=business, holder=HOLDER, ttl=600, renew_every=0.05, on_lost=told.append) as lease:
        lease.id += 1000
        assert lease.wait_lost(WAIT_SECONDS)
        with pytest.raises(LeaseLost) as lost:
            lease.check()
    assert lost.value.why.reason == "LEASE_NOT_FOUND"
    assert told == [lost.value.why]
    assert lease.remaining == 0


def test_a_lease_is_lost_when_its_time_is_over_without_a_word_of_the_server(tmp_path):
    with Server(tmp_path) as server, connect(server.h2c) as channel:
        make_pool_by(channel, "shop")
        stub = locking_grpc.LockingServiceStub(channel)
        with KeptLease(stub, business="shop", holder=HOLDER, ttl=2) as lease:
            os.kill(server.pid, signal.SIGSTOP)
            try:
                assert lease.wait_lost(WAIT_SECONDS)
            finally:
                os.kill(server.pid, signal.SIGCONT)
            assert lease.is_lost
            with pytest.raises(LeaseLost):
                lease.check()


def test_a_holder_that_was_stopped_knows_at_once_that_its_lease_may_be_gone(stubs, client, business):
    make_pool(client, business)
    now = [100.0]
    with KeptLease(stubs[1], business=business, holder=HOLDER, ttl=60, clock=lambda: now[0]) as lease:
        lease.check()
        now[0] += 59
        lease.check()
        assert 0 < lease.remaining <= 1
        now[0] += 1
        # The thread that renews sleeps still: what asks must not rely on it.
        with pytest.raises(LeaseLost):
            lease.check()


def test_no_renewal_follows_a_close(stubs, client, business):
    make_pool(client, business)
    lease = KeptLease(stubs[1], business=business, holder=HOLDER, ttl=600, renew_every=0.02)
    assert renewed(stubs[1], lease)
    name = f"lease-{lease.id}"
    assert any(thread.name == name for thread in threading.enumerate())
    lease.close()
    assert not any(thread.name == name for thread in threading.enumerate())


EXAMPLE = """
import grpc
from orderwire.channel import connect
from orderwire.lease import KeptLease
from orderwire.refusal import Refusal, refusal
from orderwire.v1 import allocation_pb2, allocation_pb2_grpc, locking_pb2_grpc


def numbers(target: str) -> list[str]:
    with connect(target) as channel:
        stub = allocation_pb2_grpc.AllocationServiceStub(channel)
        pool = allocation_pb2.Pool(business="shop", template="SO{serial:6}")
        stub.CreatePool(allocation_pb2.CreatePoolRequest(pool=pool))
        with KeptLease(locking_pb2_grpc.LockingServiceStub(channel), business="shop", holder="me", ttl=30) as lease:
            request = allocation_pb2.AllocateRequest(business="shop", count=2, holder="me", lease_id=lease.id)
            answer = stub.Allocate(request, timeout=10)
            lease.check()
            return [number.number for number in answer.numbers]
"""


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """The package as pip installs it, in a folder of its own."""
    folder = tmp_path_factory.mktemp("installed")
    # A copy, because a build leaves files beside what it builds.
    source = folder / "source"
    shutil.copytree(PACKAGE, source / PACKAGE.relative_to(ROOT))
    shutil.copytree(ROOT / "Protos", source / "Protos")
    run(
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
        "--target", folder / "site", source / PACKAGE.relative_to(ROOT),
    )
    return folder / "site"


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_works_as_pip_installs_it(installed, tmp_path):
    (tmp_path / "example.py").write_text(EXAMPLE)
    with Server(tmp_path / "server") as server:
        shown = run(
            sys.executable, "-c", "import sys, example; print(example.numbers(sys.argv[1]))", server.h2c,
            cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(installed)},
        )
    assert shown.strip() == "['SO000001', 'SO000002']"


TYPED = [
    ("the example", EXAMPLE, None),
    ("a field that there isn't", EXAMPLE.replace("count=2", "amount=2"), "amount"),
    ("a request of another method", EXAMPLE.replace("Allocate(request", "GetPool(request"), "GetPoolRequest"),
    ("a method that there isn't", EXAMPLE.replace("stub.Allocate(", "stub.Alocate("), "Alocate"),
]


def test_its_types_hold(installed, tmp_path):
    for place, (_, source, _) in enumerate(TYPED):
        (tmp_path / f"case{place}.py").write_text(source)
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", f"--cache-dir={tmp_path / 'cache'}", "."],
        capture_output=True, text=True, timeout=300, cwd=tmp_path, env={**os.environ, "MYPYPATH": str(installed)},
    )
    found = checked.stdout.splitlines()
    for place, (name, _, wrong) in enumerate(TYPED):
        lines = [line for line in found if line.startswith(f"case{place}.py:") and ": error:" in line]
        if wrong is None:
            assert not lines, name
        else:
            assert any(wrong in line for line in lines), (name, found)
    # The package's own modules are checked with them; the stubs that protoc makes aren't ours.
    ours = [line for line in found if "/orderwire/" in line and "/v1/" not in line and ": error:" in line]
    assert not ours, "\n".join(ours)
