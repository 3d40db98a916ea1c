"""Unguessable serials and start serials, as a client sees them."""

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from api import Client, allocation, refused, wrong_fields
from conftest import connect
from pools import allocate, complete, make_pool, release
from server import Server

DAILY = {"serial_period": allocation.SERIAL_PERIOD_DAILY}


def parse(client, business, number):
    return client.ParseNumber(business=business, number=number.number)


def update(client, business, paths, **fields):
    return client.UpdatePool(pool=allocation.Pool(business=business, **fields), update_mask=FieldMask(paths=paths))


def test_numbers_show_no_serial_and_every_call_knows_them(client, business):
    pool = make_pool(
        client, business, "{timestamp:yyyyMMdd}{serial:6}{check:11,10}", unguessable_serials=True,
        reuse_policy=allocation.REUSE_POLICY_AT_ONCE, **DAILY
    )
    assert pool.unguessable_serials
    numbers = allocate(client, business, 500).numbers
    shown = [int(number.number[8:14]) for number in numbers]
    assert len(set(shown)) == 500 and 0 not in shown
    rises = sum(one < other for one, other in zip(shown, shown[1:]))
    assert 180 < rises < 320, "they are in order"
    assert max(shown) > 900_000 and min(shown) < 100_000
    assert [parse(client, business, number).serial for number in numbers[:50]] == list(range(1, 51))
    wrong = numbers[0].number[:-1] + str((int(numbers[0].number[-1]) + 1) % 10)
    assert client.ParseNumber(business=business, number=wrong).problem == allocation.NUMBER_PROBLEM_CHECK
    complete(client, business, numbers[:10])
    release(client, business, numbers[10:20])
    assert client.GetLock(business=business, number=numbers[0].number).lock.number == numbers[0].number
    again = allocate(client, business, 10).numbers
    assert [number.number for number in again] == [number.number for number in numbers[10:20]]
    # One that nobody was given is a valid number and no lock.
    nobodys = next(
        number for number in (f"{numbers[0].number[:8]}{serial:06}{check}" for serial in range(1, 10) for check in range(10))
        if client.ParseNumber(business=business, number=number).valid and int(number[8:14]) not in shown
    )
    assert refused(client.GetLock, business=business, number=nobodys).reason == "NUMBER_NOT_FOUND"


def test_two_pools_of_one_template_differ(client, business):
    shown = []
    for name in business + "-a", business + "-b":
        make_pool(client, name, "N{serial:9}", unguessable_serials=True)
        shown.append([number.number for number in allocate(client, name, 100).numbers])
    assert not set(shown[0]) & set(shown[1])


def test_periods_begin_with_the_start_serial(client, business):
    pool = make_pool(client, business, "{timestamp:yyyyMMdd}-{serial:4}", start_serial=4711, **DAILY)
    assert pool.start_serial == 4711
    assert [number.number[9:] for number in allocate(client, business, 2).numbers] == ["4711", "4712"]
    plain = make_pool(client, business + "-plain", "N{serial:4}")
    assert plain.start_serial == 1 and not plain.unguessable_serials
    assert plain.stock.remaining_in_period == 9_999
    late = make_pool(client, business + "-late", "N{serial:4}", start_serial=9_999)
    assert late.stock.remaining_in_period == 1


def test_both_change_only_with_the_template(client, business):
    make_pool(client, business, "A{serial:4}")
    old = allocate(client, business).numbers[0]
    for path, fields in ("start_serial", {"start_serial": 5}), ("unguessable_serials", {"unguessable_serials": True}):
        refusal = refused(update, client, business, [path], **fields)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "SETTING_FIXED")
        assert refusal.metadata == {"field": f"pool.{path}"}
    pool = update(
        client, business, ["template", "start_serial", "unguessable_serials"], template="B{serial:4}", start_serial=5,
        unguessable_serials=True
    ).pool
    assert pool.start_serial == 5 and pool.unguessable_serials
    new = allocate(client, business, 3).numbers
    assert [parse(client, business, number).serial for number in new] == [5, 6, 7]
    assert parse(client, business, old).serial == 1
    complete(client, business, [old, *new])


@pytest.mark.parametrize("start", [0, -1, 10_000, 2**63 - 1])
def test_a_start_serial_that_the_width_does_not_hold_is_refused(client, business, start):
    refusal = refused(make_pool, client, business, "A{serial:4}", start_serial=start)
    assert (refusal.reason, wrong_fields(refusal)) == ("SETTING_OUT_OF_RANGE", ["pool.start_serial"])
    assert refusal.metadata == {"least": "1", "most": "9999"}


def test_the_key_survives_kill_9(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, "shop", "N{serial:6}", unguessable_serials=True, start_serial=1000)
        before = allocate(client, "shop", 5).numbers
        server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        assert [parse(client, "shop", number).serial for number in before] == [1000, 1001, 1002, 1003, 1004]
        after = allocate(client, "shop", 5).numbers
        assert not {number.number for number in before} & {number.number for number in after}
        complete(client, "shop", [*before, *after])
