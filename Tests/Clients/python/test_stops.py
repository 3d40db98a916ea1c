"""Stopping and resuming a pool's generator and its business, and what the pool says of it."""

import time

import grpc
import pytest

from api import Client, allocation, refused, wrong_fields
from conftest import connect
from pools import HOLDER, allocate, complete, counter, make_pool, release, request_id
from server import Server, eventually

INVALID = grpc.StatusCode.INVALID_ARGUMENT
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
SMALL = {"low_watermark": 5, "high_watermark": 10, "generation_batch": 10}


def pool(client, business):
    return client.GetPool(business=business).pool


def causes(stops):
    return [(stop.source, stop.warning, stop.reason, stop.principal) for stop in stops]


BY_OPERATOR = (allocation.STOP_SOURCE_OPERATOR, "", "stock-taking", "")


def test_a_stopped_generator_hands_out_its_stock_and_no_more(client, business):
    make_pool(client, business, reuse_policy=allocation.REUSE_POLICY_AT_ONCE, **SMALL)
    assert eventually(lambda: pool(client, business).stock.remaining_in_pool == 10)
    before = time.time()
    stopped = client.StopGeneration(business=business, reason="stock-taking")
    assert stopped.changed and not stopped.repeatable
    assert causes(stopped.pool.generation_stops) == [BY_OPERATOR] and not stopped.pool.business_stops
    since = stopped.pool.generation_stops[0].stop_time
    assert abs(since.ToMicroseconds() / 1e6 - before) < 5
    assert not stopped.pool.HasField("run_dry_time")

    refusal = refused(allocate, client, business, 11)
    expected = {
        "source": "operator", "warning": "", "reason": "stock-taking", "stop_time_us": str(since.ToMicroseconds()),
        "remaining_in_pool": "10",
    }
    assert (refusal.code, refusal.reason, refusal.metadata) == (PRECONDITION, "GENERATION_STOPPED", expected)
    numbers = allocate(client, business, 10).numbers
    assert refused(allocate, client, business).reason == "GENERATION_STOPPED"
    # What comes back goes out again, and nothing else is made.
    release(client, business, numbers[:1])
    assert allocate(client, business).numbers[0].number == numbers[0].number
    assert counter(client, business).generated == 10

    # Once more changes nothing: the first stop stands.
    again = client.StopGeneration(business=business, reason="another")
    assert not again.changed
    assert causes(again.pool.generation_stops) == [BY_OPERATOR] and again.pool.generation_stops[0].stop_time == since
    resumed = client.ResumeGeneration(business=business, reason="done")
    assert resumed.changed and not resumed.pool.generation_stops
    assert not client.ResumeGeneration(business=business, lift_warnings=True).changed
    allocate(client, business, 20)


def test_a_stopped_business_is_refused_at_once_and_ends_what_it_holds(client, business):
    make_pool(client, business)
    held, given_back = allocate(client, business, 2).numbers
    kept = request_id()
    lease = allocate(client, business, request_id=kept)
    stopped = client.StopBusiness(business=business, reason="stock-taking")
    assert stopped.changed and causes(stopped.pool.business_stops) == [BY_OPERATOR]
    assert causes(pool(client, business).business_stops) == [BY_OPERATOR]
    assert [causes(one.business_stops) for one in client.ListPools(page_size=1000).pools if one.business == business]
    refusal = refused(allocate, client, business)
    assert (refusal.code, refusal.reason) == (PRECONDITION, "BUSINESS_STOPPED")
    since = stopped.pool.business_stops[0].stop_time.ToMicroseconds()
    assert refusal.metadata == {
        "source": "operator", "warning": "", "reason": "stock-taking", "stop_time_us": str(since)
    }
    complete(client, business, [held])
    release(client, business, [given_back])
    client.Renew(business=business, lease_id=lease.lease_id, holder=HOLDER)
    # What was answered before is answered as before.
    assert allocate(client, business, request_id=kept) == lease
    assert not client.StopBusiness(business=business, reason="again").changed
    assert client.ResumeBusiness(business=business).changed
    assert not client.ResumeBusiness(business=business).changed
    allocate(client, business)


def test_a_stop_is_repeated_by_its_request_id(client, business):
    make_pool(client, business)
    stop = {"business": business, "reason": "stock-taking", "request_id": request_id()}
    first = client.StopGeneration(**stop)
    assert first.changed and first.repeatable
    client.ResumeGeneration(business=business)
    assert client.StopGeneration(**stop) == first
    assert not pool(client, business).generation_stops
    refusal = refused(client.StopGeneration, **(stop | {"reason": "another"}))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")


def test_a_stop_survives_kill_9(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, "shop", **SMALL)
        client.StopGeneration(business="shop", reason="one")
        client.StopBusiness(business="shop", reason="two")
        before = pool(client, "shop")
        server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        after = pool(client, "shop")
        assert after.generation_stops == before.generation_stops and after.business_stops == before.business_stops
        assert refused(allocate, client, "shop").reason == "BUSINESS_STOPPED"
        client.ResumeBusiness(business="shop")
        stock = pool(client, "shop").stock.remaining_in_pool
        assert refused(allocate, client, "shop", stock + 1).reason == "GENERATION_STOPPED"


@pytest.mark.parametrize("method", ["StopGeneration", "StopBusiness", "ResumeGeneration", "ResumeBusiness"])
def test_refusals(client, business, method):
    make_pool(client, business)
    call = getattr(client, method)
    refusal = refused(call, business="none", reason="x")
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "POOL_NOT_FOUND")
    refusal = refused(call, business="a b", reason="x")
    assert (refusal.code, refusal.reason, wrong_fields(refusal)) == (INVALID, "BUSINESS_INVALID", ["business"])
    refusal = refused(call, business=business, reason="x" * 257)
    assert (refusal.code, refusal.reason, wrong_fields(refusal)) == (INVALID, "REASON_TOO_LONG", ["reason"])
    if method.startswith("Stop"):
        refusal = refused(call, business=business)
        assert (refusal.code, refusal.reason, wrong_fields(refusal)) == (INVALID, "REASON_MISSING", ["reason"])
    after = pool(client, business)
    assert not after.generation_stops and not after.business_stops
