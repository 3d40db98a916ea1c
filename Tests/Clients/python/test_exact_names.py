"""Names from outside are the same if their bytes are: what Unicode takes for the same may be two things to whoever
gave them, and are two in the store."""

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from api import Client, allocation, catalog as c, refused
from attendance import put_rule, report
from conftest import connect
from orders import (
    AWAITING, FORWARDED, QUARANTINED, forwarded, get, intake, item, numbers, order, put_intake, put_unit, submit,
)
from pools import allocate, complete, make_pool, release, request_id
from server import Server, eventually
from watching import Watch

# As one character, and as a letter and its accent.
COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"
# A sign of its own, which Unicode takes for the letter K.
KELVIN = "\u212a"
DENIED = grpc.StatusCode.PERMISSION_DENIED


@pytest.fixture(scope="module")
def client(server):
    with connect(server, "h2c") as channel:
        yield Client(channel)


def quarantined(client, business):
    return {one.code: one.keys for one in intake(client, business).quarantined_codes}


def units(client, business):
    return {unit.name: list(unit.codes) for unit in client.ListUnits(business=business).units}


# Codes


def test_a_unit_gets_the_orders_of_its_code_only(client, business):
    put_intake(client, business)
    put_unit(client, business, "u", COMPOSED)
    put_unit(client, business, "v", DECOMPOSED)
    submit(client, business, order(1, COMPOSED), order(2, DECOMPOSED), order(3, COMPOSED))
    forwarded(client, business)
    assert (numbers(client, business, "u"), numbers(client, business, "v")) == (["1", "3"], ["2"])
    assert list(client.MatchUnits(business=business, code=DECOMPOSED).units) == ["v"]
    found = client.CheckCompleteness(business=business)
    assert found.checked == 3 and not found.differences


def test_one_code_is_quarantined_while_the_other_goes_out(client, business):
    put_intake(client, business)
    put_unit(client, business, "u", COMPOSED)
    submit(client, business, order(1, COMPOSED), order(2, DECOMPOSED))
    assert eventually(lambda: quarantined(client, business) == {DECOMPOSED: 1})
    assert (get(client, business, 1).state, get(client, business, 2).state) == (FORWARDED, QUARANTINED)
    # The unit's other code is another one, and a change.
    changed = put_unit(client, business, "u", DECOMPOSED)
    assert (list(changed.unit.codes), changed.rules_version) == ([DECOMPOSED], 2)
    assert eventually(lambda: get(client, business, 2).state == FORWARDED)
    submit(client, business, order(3, COMPOSED))
    assert eventually(lambda: quarantined(client, business) == {COMPOSED: 1})


def test_a_unit_has_both_codes_over_a_restart(tmp_path):
    for is_again in (False, True):
        with Server(tmp_path) as server, connect(server, "h2c") as channel:
            client = Client(channel)
            if not is_again:
                put_intake(client, "shop")
                put_unit(client, "shop", "both", COMPOSED, DECOMPOSED, COMPOSED)
                put_unit(client, "shop", "one", DECOMPOSED)
                submit(client, "shop", order(1, "caf\u0065"), order(2, COMPOSED), order(3, DECOMPOSED))
                forwarded(client, "shop")
            # In the order of their bytes.
            assert units(client, "shop") == {"both": [DECOMPOSED, COMPOSED], "one": [DECOMPOSED]}
            assert numbers(client, "shop", "both") == ["2", "3"] and numbers(client, "shop", "one") == ["3"]
            assert put_unit(client, "shop", "both", DECOMPOSED, COMPOSED).rules_version == 2
            assert quarantined(client, "shop") == {"cafe": 1}
            assert not client.CheckCompleteness(business="shop").differences
            server.kill()


# Goods


def test_awaited_goods_are_told_apart(client, business):
    put_intake(client, business)
    submit(client, business, order(1, items=[item(COMPOSED)]), order(2, items=[item(DECOMPOSED)]))
    assert [(one.good, one.keys) for one in intake(client, business).awaited_goods] == [(DECOMPOSED, 1), (COMPOSED, 1)]
    client.PutGoods(business=business, goods=[c.Good(number=DECOMPOSED, name="d")])
    assert eventually(lambda: [one.good for one in intake(client, business).awaited_goods] == [COMPOSED])
    assert get(client, business, 1).state == AWAITING


# Holders


def test_a_number_is_its_holders(client, business):
    make_pool(client, business)
    number = allocate(client, business, holder=COMPOSED).numbers[0]
    for call in (complete, release):
        refusal = refused(call, client, business, [number], holder=DECOMPOSED)
        assert (refusal.code, refusal.reason) == (DENIED, "HOLDER_MISMATCH")
    complete(client, business, [number], holder=COMPOSED)


def test_holders_numbers_leases_and_quotas_stay_apart_over_a_restart(tmp_path):
    for is_again in (False, True):
        with Server(tmp_path) as server, connect(server, "h2c") as channel:
            client = Client(channel)
            if not is_again:
                make_pool(client, "shop")
                for holder, limit in ((COMPOSED, 2), (DECOMPOSED, 3)):
                    client.SetQuota(business="shop", quota=allocation.Quota(holder=holder, limit=limit))
                    allocate(client, "shop", limit, holder=holder)
            quotas = client.ListQuotas(business="shop").quotas
            assert [(one.holder, one.limit, one.live) for one in quotas] == [(DECOMPOSED, 3, 3), (COMPOSED, 2, 2)]
            for holder, live in ((COMPOSED, 2), (DECOMPOSED, 3)):
                assert refused(allocate, client, "shop", holder=holder).reason == "HOLDER_QUOTA_EXCEEDED"
                locks = client.ListLocks(business="shop", holder=holder).locks
                assert [lock.holder for lock in locks] == [holder] * live
            server.kill()


def test_events_of_one_holder_are_watched(client, business):
    make_pool(client, business)
    allocate(client, business, holder=DECOMPOSED)
    allocate(client, business, holder=COMPOSED)
    with Watch(client, business, holder=COMPOSED, from_oldest=True) as watch:
        assert watch.events(1)[0].lock.holder == COMPOSED


def test_requests_are_told_apart(client, business):
    make_pool(client, business)
    one = allocate(client, business, request_id=COMPOSED).numbers
    other = allocate(client, business, request_id=DECOMPOSED).numbers
    assert one != other and allocate(client, business, request_id=COMPOSED).numbers == one


# Sources of signals


def test_a_rule_hears_its_source(client, business):
    make_pool(client, business)
    put_rule(client, business, source=COMPOSED)
    assert not report(client, business, 150, source=DECOMPOSED).raised
    assert len(report(client, business, 150, source=COMPOSED).raised) == 1
    # The newest value of the other source is still known.
    put_rule(client, business, "other", source=DECOMPOSED)
    assert [one.rule for one in client.ListWarnings(business=business).warnings] == ["other", "r"]


# Names that have few characters to choose from


@pytest.mark.parametrize("call", [
    lambda client, business: allocate(client, business),
    lambda client, business: client.GetPool(business=business),
    lambda client, business: client.ParseNumber(business=business, number="SO000001"),
    lambda client, business: client.ListLocks(business=business),
    lambda client, business: next(client.WatchLocks(business=business)),
    lambda client, business: client.GetIntake(business=business),
    lambda client, business: submit(client, business, order(1)),
    lambda client, business: client.ListUnits(business=business),
    lambda client, business: client.PutGoods(business=business, goods=[c.Good(number="g", name="g")]),
    lambda client, business: client.GetStock(business=business, good="g"),
])
def test_a_business_is_found_by_its_very_name(client, business, call):
    made, other = f"{business}-K", f"{business}-{KELVIN}"
    make_pool(client, made)
    client.ParseNumber(business=made, number="SO000001")
    put_intake(client, made)
    assert refused(call, client, other).reason == "BUSINESS_INVALID"


def test_a_unit_is_found_by_its_very_name(client, business):
    put_intake(client, business)
    put_unit(client, business, "K", "A")
    assert refused(client.PauseUnit, business=business, name=KELVIN, reason="r").reason == "UNIT_NOT_FOUND"
    assert refused(client.DeleteUnit, business=business, name=KELVIN).reason == "UNIT_NOT_FOUND"


def test_the_store_opens_whatever_pools_were_given(tmp_path):
    """A zone that was found under another name, or a template that wasn't looked at as it equals the one before, would
    be refused at the next start."""
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, "shop", "K{serial:6}", time_zone="Asia/Hong_Kong")
        zone = f"Asia/Hong_{KELVIN}ong"
        assert refused(make_pool, client, "other", time_zone=zone).reason == "TIME_ZONE_UNKNOWN"
        for fields in ({"time_zone": zone}, {"template": KELVIN + "{serial:6}"}):
            pool = allocation.Pool(business="shop", **fields)
            assert refused(client.UpdatePool, pool=pool, update_mask=FieldMask(paths=list(fields))).code == (
                grpc.StatusCode.INVALID_ARGUMENT)
        server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        assert Client(channel).GetPool(business="shop").pool.template == "K{serial:6}"
