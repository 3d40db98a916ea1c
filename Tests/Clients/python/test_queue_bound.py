"""FW7: a full queue of a unit loses nothing, is warned of, and holds its lane only where the operator says so."""

import grpc
import pytest

from api import Client, forwarding as f, refused, warnings as w, wrong_fields
from attendance import above, put_rule, warning_list
from conftest import connect
from consumers import Consumer, numbers
from orders import FORWARDED, IN_LANE, forwarded, get, order, put_intake, submit
from server import Server, eventually


def put_bound(client, business, bound, policy=f.OVERFLOW_POLICY_UNSPECIFIED, unit="erp", codes=("A",)):
    settings = f.ConsumptionSettings(queue_bound=bound, overflow_policy=policy)
    return client.PutUnit(
        unit=f.Unit(business=business, name=unit, codes=codes, consumption=settings)).unit.consumption


def state(client, business, number):
    return get(client, business, number).state


def figures(client, business):
    return client.GetForwardingFigures(business=business)


def test_settings_are_as_given(client, business):
    put_intake(client, business)
    assert put_bound(client, business, 0).queue_bound == 100_000
    settings = put_bound(client, business, 7, f.OVERFLOW_POLICY_HOLD_LANE)
    assert (settings.queue_bound, settings.overflow_policy) == (7, f.OVERFLOW_POLICY_HOLD_LANE)
    assert put_bound(client, business, -1).queue_bound == -1


def test_orders_beyond_the_bound_are_kept_and_warned_of(client, business):
    # They go out at once, so that rules hear of them once.
    put_intake(client, business, lanes=1)
    put_bound(client, business, 2)
    put_rule(client, business, kind=w.SIGNAL_KIND_ORDERS_BEYOND_BOUND, condition=above(1, 0), text="behind")
    submit(client, business, *(order(n) for n in range(1, 6)))
    forwarded(client, business)
    [unit] = figures(client, business).units
    assert (unit.depth, unit.beyond_bound) == (5, 3)
    assert eventually(lambda: warning_list(client, business))
    [warning] = warning_list(client, business)
    assert (warning.state, warning.value, warning.text) == (w.WARNING_STATE_RAISED, 3, "behind")
    consumer = Consumer(client, business)
    deliveries = consumer.take(5)
    assert sorted(numbers(deliveries)) == list("12345")
    consumer.ack(*deliveries[:3])
    assert figures(client, business).units[0].beyond_bound == 0
    assert eventually(lambda: warning_list(client, business)[0].state == w.WARNING_STATE_CLEARED)
    consumer.leave()


def test_a_unit_that_is_to_hold_its_lane_does(client, business):
    put_intake(client, business, lanes=1)
    put_bound(client, business, 2, f.OVERFLOW_POLICY_HOLD_LANE)
    put_bound(client, business, 2, unit="wms", codes=("B",))
    submit(client, business, *(order(n) for n in range(1, 5)), order(5, code="B"))
    assert eventually(lambda: state(client, business, 2) == FORWARDED)
    [lane] = figures(client, business).intake.lanes
    assert (lane.depth, lane.held_by) == (3, "erp")
    assert [state(client, business, n) for n in (3, 4, 5)] == [IN_LANE] * 3
    # Nothing is lost, and all goes on in its order, as the unit makes room.
    consumer = Consumer(client, business)
    got = []
    while len(got) < 4:
        [delivery] = consumer.take(1)
        got.append(delivery)
        consumer.ack(delivery)
    assert numbers(got) == ["1", "2", "3", "4"]
    forwarded(client, business)
    assert state(client, business, 5) == FORWARDED
    assert figures(client, business).intake.lanes[0].held_by == ""
    consumer.leave()


def test_a_held_lane_is_held_after_a_start_too(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        put_intake(client, "b", lanes=1)
        put_bound(client, "b", 1, f.OVERFLOW_POLICY_HOLD_LANE)
        submit(client, "b", order(1), order(2))
        assert eventually(lambda: state(client, "b", 1) == FORWARDED)
        server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        assert figures(client, "b").intake.lanes[0].held_by == "erp"
        put_bound(client, "b", -1)
        forwarded(client, "b")
        assert state(client, "b", 2) == FORWARDED


@pytest.mark.parametrize("fields, reason, field", [
    ({"queue_bound": -2}, "QUEUE_BOUND_OUT_OF_RANGE", "unit.consumption.queue_bound"),
    ({"queue_bound": 1_000_000_001}, "QUEUE_BOUND_OUT_OF_RANGE", "unit.consumption.queue_bound"),
    ({"overflow_policy": 9}, "OVERFLOW_POLICY_INVALID", "unit.consumption.overflow_policy"),
])
def test_a_wrong_bound_is_refused(client, business, fields, reason, field):
    put_intake(client, business)
    unit = f.Unit(business=business, name="erp", codes=["A"], consumption=f.ConsumptionSettings(**fields))
    end = refused(client.PutUnit, unit=unit)
    assert (end.code, end.reason, wrong_fields(end)) == (grpc.StatusCode.INVALID_ARGUMENT, reason, [field])
