"""Orders on their way to units: FW1 to FW5, the dry run of FW8."""

import collections
import random
import time

import grpc
import pytest

from api import Client, forwarding as f, refusal, refused, warnings as w
from attendance import above, put_rule, warning_list
from conftest import connect
from orders import (
    FORWARDED, HELD, IN_LANE, QUARANTINED, forwarded, get, intake, numbers, order, put_intake, put_unit, queue,
    submit,
)
from pools import request_id
from server import Server, eventually

ORDER, CANCELLATION = f.ORDER_KIND_ORDER, f.ORDER_KIND_CANCELLATION


def test_an_order_goes_to_every_unit_with_its_code(client, business):
    made = put_intake(client, business, request_id=request_id())
    assert made.repeatable and made.intake.settings.batch_size == 100
    assert put_unit(client, business, "erp", "B", "A", "B").unit.codes == ["A", "B"]
    assert put_unit(client, business, "wms", "A").rules_version == 2
    assert submit(client, business, order(1), order(2, "B"), order(3, body=b"\0body", key="k")) == [1, 2, 3]
    forwarded(client, business)
    assert numbers(client, business, "erp") == ["1", "2", "3"]
    assert numbers(client, business, "wms", page_size=1) == ["1", "3"]
    found = get(client, business, 3)
    assert (found.order.sequence, found.order.kind, found.state) == (3, ORDER, FORWARDED)
    assert (found.order.order.key, found.order.order.body) == ("k", b"\0body")
    assert [unit.unit for unit in found.units] == ["erp", "wms"] and found.rules_version == 2
    assert {unit.state for unit in found.units} == {f.UNIT_ORDER_STATE_QUEUED}
    assert abs(found.order.submit_time.ToMicroseconds() / 1e6 - time.time()) < 60
    assert get(client, business, 1).order.order.key == "1"
    units = client.ListUnits(business=business)
    assert [(unit.name, unit.depth) for unit in units.units] == [("erp", 3), ("wms", 2)]
    assert not any(one.order.body for one in queue(client, business, "erp"))


def test_the_dry_run_says_who_would_get_an_order(client, business):
    put_intake(client, business)
    put_unit(client, business, "erp", "A", "B")
    put_unit(client, business, "bi", "A")
    match = client.MatchUnits(business=business, code="A")
    assert (list(match.units), match.rules_version) == (["bi", "erp"], 2)
    assert not client.MatchUnits(business=business, code="C").units
    assert intake(client, business).orders == 0


def test_an_order_that_came_before_is_answered_as_before(client, business):
    put_intake(client, business)
    first = client.Submit(business=business, orders=[order(1, body=b"x")])
    again = client.Submit(business=business, orders=[order(1, body=b"x"), order(2), order(2)])
    assert [(one.sequence, one.duplicate) for one in first.orders] == [(1, False)]
    assert [(one.sequence, one.duplicate) for one in again.orders] == [(1, True), (2, False), (2, True)]
    # Another version is another order, behind the one before.
    assert submit(client, business, order(1, body=b"y", version=1)) == [3]
    assert get(client, business, 1, version=1).order.order.body == b"y"
    refusal = refused(client.Submit, business=business, orders=[order(9), order(1, body=b"z")])
    assert refusal.reason == "ORDER_CHANGED" and refusal.metadata["sequence"] == "1"
    assert intake(client, business).orders == 3


def test_a_cancellation_goes_after_its_order_to_the_same_units(client, business):
    put_intake(client, business)
    put_unit(client, business, "erp", "A")
    submit(client, business, order(1, key="k"))
    forwarded(client, business)
    put_unit(client, business, "wms", "A")
    cancelled = client.Cancel(business=business, number="1", reason="paid twice")
    assert (cancelled.sequence, cancelled.duplicate) == (2, False)
    again = client.Cancel(business=business, number="1", reason="paid twice")
    assert (again.sequence, again.duplicate) == (2, True)
    forwarded(client, business)
    assert [(one.order.number, one.kind) for one in queue(client, business, "erp")] == [
        ("1", ORDER), ("1", CANCELLATION)]
    assert not queue(client, business, "wms")
    found = get(client, business, 1, cancellation=True)
    assert (found.order.kind, found.order.order.key, found.order.order.body) == (CANCELLATION, "k", b"paid twice")
    assert get(client, business, 1).cancellation == 2


def test_a_code_of_no_unit_holds_its_own_key_until_one_has_it(client, business):
    put_intake(client, business)
    put_unit(client, business, "erp", "A")
    submit(client, business, order(1, "X", "k"), order(2, key="k"), order(3, key="other"), order(4, "Y", "k"))
    forwarded(client, business)
    assert [get(client, business, number).state for number in (1, 2, 3, 4)] == [QUARANTINED, HELD, FORWARDED, HELD]
    now = intake(client, business)
    assert (now.quarantined, now.held, now.orders) == (1, 2, 4)
    assert [(one.code, one.keys) for one in now.quarantined_codes] == [("X", 1)]
    version = put_unit(client, business, "wms", "X").rules_version
    assert eventually(lambda: get(client, business, 4).state == QUARANTINED)
    assert numbers(client, business, "erp") == ["2", "3"] and numbers(client, business, "wms") == ["1"]
    assert get(client, business, 1).rules_version == version
    assert get(client, business, 3).rules_version == version - 1
    put_unit(client, business, "wms", "Y")
    assert eventually(lambda: get(client, business, 4).state == FORWARDED)
    assert not intake(client, business).quarantined_codes


def test_quarantined_orders_are_warned_of(client, business):
    put_intake(client, business)
    put_rule(client, business, kind=w.SIGNAL_KIND_QUARANTINED_ORDERS, condition=above(2, 0), text="no unit")
    submit(client, business, order(1, "X"))
    forwarded(client, business)
    assert not warning_list(client, business)
    submit(client, business, order(2, "Y"))
    assert eventually(lambda: warning_list(client, business))
    [warning] = warning_list(client, business)
    assert (warning.state, warning.value, warning.text) == (w.WARNING_STATE_RAISED, 2, "no unit")
    # A rule that is made later looks at what is known.
    late = put_rule(client, business, "late", kind=w.SIGNAL_KIND_QUARANTINED_ORDERS, condition=above(1, 0))
    assert len(warning_list(client, business)) == 2 and late.version == 1
    put_unit(client, business, "erp", "X", "Y")
    assert eventually(lambda: {one.state for one in warning_list(client, business)} == {w.WARNING_STATE_CLEARED})


def test_a_lane_gathers_for_its_window_or_until_it_has_a_batch(client, business):
    put_intake(client, business, lanes=1, window_ms=60_000, batch_size=3)
    put_unit(client, business, "erp", "A")
    submit(client, business, order(1), order(2))
    now = intake(client, business)
    assert [lane.depth for lane in now.lanes] == [2] and now.lanes[0].HasField("oldest_time")
    assert get(client, business, 1).state == IN_LANE
    submit(client, business, order(3), order(4))
    assert eventually(lambda: numbers(client, business, "erp") == ["1", "2", "3"])
    assert get(client, business, 4).state == IN_LANE
    # A shorter window holds for what is in the lane, too.
    put_intake(client, business, lanes=1, window_ms=1)
    assert eventually(lambda: len(queue(client, business, "erp")) == 4)


def test_the_number_of_lanes_is_changed_and_keys_stay_in_order(client, business):
    put_intake(client, business, lanes=2, window_ms=60_000, batch_size=1000)
    put_unit(client, business, "erp", "A")
    submit(client, business, *[order(n, key=f"k{n % 7}") for n in range(50)])
    put_intake(client, business, lanes=5, window_ms=60_000, batch_size=1000)
    submit(client, business, *[order(n, key=f"k{n % 7}") for n in range(50, 100)])
    now = intake(client, business)
    assert (len(now.lanes), now.behind_change, now.settings.lanes) == (2, 50, 5)
    found = get(client, business, 60)
    assert found.state == IN_LANE and found.lane < 5
    put_intake(client, business, lanes=5)
    forwarded(client, business)
    assert len(intake(client, business).lanes) == 5
    assert numbers(client, business, "erp") == [str(n) for n in range(100)]


def test_a_unit_leaves_with_its_queue_only_by_force(client, business):
    put_intake(client, business)
    put_unit(client, business, "erp", "A")
    submit(client, business, order(1), order(2))
    forwarded(client, business)
    refusal = refused(client.DeleteUnit, business=business, name="erp")
    assert (refusal.reason, refusal.metadata["depth"]) == ("UNIT_NOT_EMPTY", "2")
    identity = request_id()
    for _ in range(2):
        deleted = client.DeleteUnit(business=business, name="erp", force=True, request_id=identity)
        assert (deleted.given_up, deleted.rules_version, deleted.repeatable) == (2, 2, True)
    assert not client.ListUnits(business=business).units
    # One of the same name begins anew.
    put_unit(client, business, "erp", "A")
    submit(client, business, order(3))
    forwarded(client, business)
    assert numbers(client, business, "erp") == ["3"]


def messages(business, size, count, after=0):
    for position in range(after + 1, count + 1):
        first = (position - 1) * size
        orders = [order(n, key=f"k{n % 5}") for n in range(first, first + size)]
        yield f.SubmitStreamRequest(business=business, position=position, orders=orders)


def test_a_stream_is_acknowledged_by_position_and_resumed_without_duplicates(client, business):
    put_intake(client, business)
    put_unit(client, business, "erp", "A")
    call = client.stub("SubmitStream")(messages(business, 20, 30), timeout=20)
    seen = 0
    for answer in call:
        assert (answer.taken, answer.duplicates) == (20 * (answer.acknowledged_through - seen), 0)
        seen = answer.acknowledged_through
        if seen >= 10:
            call.cancel()
            break
    # What wasn't acknowledged may have been taken nevertheless.
    through, taken = seen - 5, 0
    for answer in client.stub("SubmitStream")(messages(business, 20, 30, after=seen - 5), timeout=20):
        assert answer.taken + answer.duplicates == 20 * (answer.acknowledged_through - through)
        through = answer.acknowledged_through
        taken += answer.taken
    assert through == 30 and taken <= 20 * (30 - seen)
    forwarded(client, business)
    assert numbers(client, business, "erp") == [str(n) for n in range(600)]


def test_messages_behind_a_refused_one_are_not_taken(client, business):
    """Many are under way when one is refused: a later order of its key mustn't overtake it."""
    put_intake(client, business)
    put_unit(client, business, "erp", "A")
    submit(client, business, order("changed", body=b"before"))
    for size, wrong in ((1, 40), (10, 7), (1, 1)):
        def sent(size=size, wrong=wrong):
            for position in range(1, 200):
                orders = [order(f"{size}-{position}-{n}", key="k") for n in range(size)]
                if position == wrong:
                    orders.append(order("changed", body=b"after"))
                yield f.SubmitStreamRequest(business=business, position=position, orders=orders)

        before, through = intake(client, business).orders, 0
        with pytest.raises(grpc.RpcError) as raised:
            for answer in client.stub("SubmitStream")(sent(), timeout=20):
                through = answer.acknowledged_through
        refused_with = refusal(raised.value)
        assert (refused_with.code, refused_with.reason) == (grpc.StatusCode.ALREADY_EXISTS, "ORDER_CHANGED")
        assert refused_with.metadata["position"] == str(wrong)
        assert through == wrong - 1
        assert intake(client, business).orders == before + size * (wrong - 1)


def test_everything_stays_over_a_restart(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        put_intake(client, "shop", lanes=2)
        put_unit(client, "shop", "erp", "A")
        put_unit(client, "shop", "gone", "A")
        submit(client, "shop", *[order(n, "AX"[n % 2], key=f"k{n % 3}") for n in range(40)])
        forwarded(client, "shop")
        put_intake(client, "shop", lanes=3, window_ms=60_000)
        client.DeleteUnit(business="shop", name="gone", force=True)
        submit(client, "shop", *[order(n, key=f"k{n % 3}") for n in range(40, 60)])
        client.Cancel(business="shop", number="0", reason="r")
        before = intake(client, "shop")
        places = [get(client, "shop", n) for n in range(60)]
        assert server.stop() == 0
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        after = intake(client, "shop")
        for lane in (*before.lanes, *after.lanes):
            for field in "oldest_time", "in_per_second", "out_per_second":
                lane.ClearField(field)
        assert after == before
        assert [get(client, "shop", n) for n in range(60)] == places
        assert client.Submit(business="shop", orders=[order(0, "A", key="k0")]).orders[0].duplicate
        assert refused(client.Submit, business="shop", orders=[order(0, "B", key="k0")]).reason == "ORDER_CHANGED"
        assert client.Cancel(business="shop", number="0", reason="r").duplicate
        put_intake(client, "shop", lanes=3)
        put_unit(client, "shop", "wms", "X")
        forwarded(client, "shop")
        assert eventually(lambda: not intake(client, "shop").held)
        check_order(client, "shop", ["erp", "wms"])
        assert {one.order.number for unit in ("erp", "wms") for one in queue(client, "shop", unit)} == {
            str(n) for n in range(60)}


def check_order(client, business, units):
    """In each unit the orders of a key are in the order of their sequences, each once."""
    for unit in units:
        last = collections.defaultdict(int)
        for one in queue(client, business, unit, page_size=1000):
            assert one.sequence > last[one.order.key]
            last[one.order.key] = one.sequence


def test_what_was_acknowledged_survives_kill_9(tmp_path):
    """Orders are given in by a stream, units come and go, and the server is killed again and again."""
    dice = random.Random(7)
    acknowledged = 0
    for round in range(4):
        with Server(tmp_path) as server, connect(server, "h2c") as channel:
            client = Client(channel)
            if round == 0:
                put_intake(client, "shop", window_ms=1)
                put_unit(client, "shop", "erp", "A")
            else:
                put_intake(client, "shop", lanes=round + 3, window_ms=1)
            call = client.stub("SubmitStream")(messages("shop", 10, 400, after=acknowledged), timeout=30)
            stop = acknowledged + dice.randrange(20, 60)
            for answer in call:
                acknowledged = max(acknowledged, answer.acknowledged_through)
                if answer.acknowledged_through >= stop:
                    break
            server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        forwarded(client, "shop")
        found = numbers(client, "shop", "erp", page_size=1000)
        assert len(found) >= acknowledged * 10
        assert found == [str(n) for n in range(len(found))]
        now = intake(client, "shop")
        assert now.orders == len(found) == client.ListUnits(business="shop").units[0].depth


@pytest.mark.parametrize("method", ["PutIntake", "PutUnit", "Submit"])
def test_a_repeated_request_gets_the_first_answer(client, business, method):
    put_intake(client, business)
    identity = request_id()
    requests = {
        "PutIntake": lambda lanes: put_intake(client, business, lanes=lanes, request_id=identity),
        "PutUnit": lambda n: put_unit(client, business, "erp", str(n), request_id=identity),
        "Submit": lambda n: client.Submit(business=business, orders=[order(n)], request_id=identity),
    }
    first = requests[method](1)
    assert requests[method](1) == first
    assert refused(requests[method], 2).reason == "REQUEST_ID_REUSED"
