"""What an operator limits with flags: one more is refused, what is there goes on, and there is room again later."""

import grpc
import pytest

from api import Client, allocation, allocation_grpc, error_details, refusal, refused
from conftest import connect
from pools import HOLDER, allocate, complete, counter, make_pool, release
from server import Server, eventually, run

EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.fixture(scope="module")
def small_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    file = folder / "orderwire.json"
    file.write_text('{"max-leases": 2}')
    with Server(folder, "--configuration", file, environ={"ORDERWIRE_MAX_LIVE_NUMBERS": "5"}) as server:
        yield server


@pytest.fixture
def client(small_server):
    with connect(small_server, "h2c") as channel:
        yield Client(channel)


def exhausted(reason, limit, call, *arguments, **fields):
    refusal = refused(call, *arguments, **fields)
    assert (refusal.code, refusal.reason, refusal.metadata) == (EXHAUSTED, reason, {"limit": str(limit)})
    assert str(limit) in refusal.message


def test_live_numbers_of_a_pool(client, business):
    make_pool(client, business, lease_mode=allocation.LEASE_MODE_NONE)
    numbers = allocate(client, business, 4).numbers
    exhausted("LIVE_NUMBERS_EXHAUSTED", 5, allocate, client, business, 2)
    assert counter(client, business).allocated == 4
    allocate(client, business)
    exhausted("LIVE_NUMBERS_EXHAUSTED", 5, allocate, client, business)
    complete(client, business, numbers[:1])
    release(client, business, numbers[1:2])
    allocate(client, business, 2)
    assert counter(client, business).live == 5


def test_leases_of_a_pool(client, business):
    make_pool(client, business)
    numbers = allocate(client, business).numbers
    lease = client.CreateLease(business=business, holder=HOLDER).lease
    exhausted("LEASES_EXHAUSTED", 2, client.CreateLease, business=business, holder=HOLDER)
    exhausted("LEASES_EXHAUSTED", 2, allocate, client, business)
    # More numbers on a lease that is there are no more leases.
    allocate(client, business, lease_id=lease.lease_id)
    client.Renew(business=business, lease_id=lease.lease_id, holder=HOLDER)
    # The lease that was made with its number ends with it.
    complete(client, business, numbers)
    client.CreateLease(business=business, holder=HOLDER)


def test_pools(tmp_path):
    with Server(tmp_path, "--max-pools", "2") as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, "a")
        make_pool(client, "b")
        exhausted("POOLS_EXHAUSTED", 2, make_pool, client, "c")
        assert [pool.business for pool in client.ListPools().pools] == ["a", "b"]
        assert server.stop() == 0
    # What is there stays, also above a limit that is set lower.
    with Server(tmp_path, "--max-pools", "1") as server, connect(server, "h2c") as channel:
        client = Client(channel)
        allocate(client, "b")
        exhausted("POOLS_EXHAUSTED", 1, make_pool, client, "c")
        assert server.stop() == 0
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        make_pool(Client(channel), "c")


def test_calls_that_wait_for_the_store(tmp_path):
    # While one commit is on its way to the disk one call may wait, and one that was called together with
    # hundreds finds that place taken.
    with Server(tmp_path, "--max-waiting", "1", "--batch-limit", "1") as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, "shop")
        call = allocation_grpc.AllocationServiceStub(channel).Allocate
        answered, refusals = 0, []

        def burst():
            nonlocal answered
            request = allocation.AllocateRequest(business="shop", count=1, holder=HOLDER)
            for future in [call.future(request, timeout=30) for _ in range(500)]:
                if future.exception():
                    refusals.append(refusal(future.exception()))
                else:
                    answered += 1
            return refusals

        assert eventually(burst, 60), "500 calls at a time never waited for each other"
        for one in refusals:
            assert (one.code, one.reason) == (EXHAUSTED, "TOO_MANY_WAITING")
            delays = [detail.retry_delay for detail in one.details if isinstance(detail, error_details.RetryInfo)]
            assert delays and delays[0].ToMilliseconds() == 200
        # What was refused did not happen, what was answered did.
        assert answered > 0 and counter(client, "shop").allocated == answered
        allocate(client, "shop")


@pytest.mark.parametrize(
    "flag, most",
    [("--max-pools", 100_000), ("--max-live-numbers", 10_000_000), ("--max-leases", 1_000_000), ("--max-waiting", 16_384),
     ("--max-watches", 10_000), ("--max-intakes", 10_000), ("--max-orders", 4_000_000), ("--max-goods", 500_000),
     ("--max-catalog-items", 1_000_000), ("--max-catalog-versions", 10_000_000),
     ("--max-open-quantities", 1_000_000), ("--max-movements", 100_000_000), ("--max-policies", 2_000_000)],
)
def test_a_limit_out_of_its_range_is_refused(flag, most):
    for value in "0", str(most + 1), "many":
        result = run("serve", "--store", "sqlite:/nowhere/s.db", flag, value)
        assert result.returncode == 78
        assert f'{flag}: "{value}" is not a whole number from 1 to {most}' in result.stderr
