"""Every refusal of ForwardingService by its code, reason and field, and that a refused call has changed nothing."""

import grpc
import pytest

from api import Client, error_details, forwarding as f, refused, refusal, wrong_fields
from conftest import connect
from orders import WITHDRAWN, forwarded, get, intake, item, order, put_intake, put_unit, submit
from server import Server, eventually

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
EXISTS = grpc.StatusCode.ALREADY_EXISTS
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
LONG = "n" * 129


def submitting(*orders, **fields):
    return lambda client, business: client.Submit(**{"business": business, "orders": orders, **fields})


def unit(name="erp", codes=("A",), **fields):
    return lambda client, business: client.PutUnit(
        unit=f.Unit(**{"business": business, "name": name, "codes": codes, **fields}))


def intake_of(**fields):
    return lambda client, business: put_intake(client, business, **fields)


def listing(**fields):
    return lambda client, business: client.ListQueuedOrders(**{"business": business, "unit": "erp", **fields})


def checking(**fields):
    return lambda client, business: client.CheckCompleteness(**{"business": business, **fields})


def cancelling(**fields):
    return lambda client, business: client.Cancel(**{"business": business, "number": "1", **fields})


INVALID_CALLS = [
    (submitting(order(1), business="?"), "BUSINESS_INVALID", "business"),
    (unit(business=""), "BUSINESS_INVALID", "unit.business"),
    (lambda client, _: put_intake(client, "-"), "BUSINESS_INVALID", "business"),
    (lambda client, _: client.GetIntake(business="a b"), "BUSINESS_INVALID", "business"),
    (submitting(order(1), request_id=LONG), "REQUEST_ID_TOO_LONG", "request_id"),
    (lambda client, business: client.PutIntake(business=business), "MESSAGE_MISSING", "settings"),
    (lambda client, _: client.PutUnit(), "MESSAGE_MISSING", "unit"),
    (intake_of(lanes=0), "LANES_OUT_OF_RANGE", "settings.lanes"),
    (intake_of(lanes=65), "LANES_OUT_OF_RANGE", "settings.lanes"),
    (intake_of(window_ms=-1), "WINDOW_OUT_OF_RANGE", "settings.window"),
    (intake_of(window_ms=60_001), "WINDOW_OUT_OF_RANGE", "settings.window"),
    (intake_of(batch_size=-1), "BATCH_SIZE_OUT_OF_RANGE", "settings.batch_size"),
    (intake_of(batch_size=1001), "BATCH_SIZE_OUT_OF_RANGE", "settings.batch_size"),
    (intake_of(retention_s=3_599), "RETENTION_OUT_OF_RANGE", "settings.retention"),
    (intake_of(retention_s=3_650 * 86_400 + 1), "RETENTION_OUT_OF_RANGE", "settings.retention"),
    (unit(name="a/b"), "UNIT_INVALID", "unit.name"),
    (unit(codes=["A", ""]), "CODE_INVALID", "unit.codes[1]"),
    (unit(codes=["c" * 65]), "CODE_INVALID", "unit.codes[0]"),
    (unit(codes=[str(n) for n in range(1001)]), "CODES_TOO_MANY", "unit.codes"),
    (lambda client, business: client.MatchUnits(business=business), "CODE_INVALID", "code"),
    (submitting(), "ORDERS_OUT_OF_RANGE", "orders"),
    (submitting(*[order(n) for n in range(1001)]), "ORDERS_OUT_OF_RANGE", "orders"),
    (submitting(*[order(n, body=bytes(65_536)) for n in range(17)]), "ORDERS_TOO_LARGE", "orders"),
    (submitting(order(1), order("")), "ORDER_NUMBER_INVALID", "orders[1].number"),
    (submitting(order(LONG)), "ORDER_NUMBER_INVALID", "orders[0].number"),
    (submitting(order(1, version=-1)), "VERSION_NEGATIVE", "orders[0].version"),
    (submitting(order(1, code="")), "CODE_INVALID", "orders[0].code"),
    (submitting(order(1, key=LONG)), "KEY_TOO_LONG", "orders[0].key"),
    (submitting(order(1, body=bytes(65_537))), "BODY_TOO_LARGE", "orders[0].body"),
    (cancelling(reason="r" * 257), "REASON_TOO_LONG", "reason"),
    (listing(page_size=1001), "PAGE_SIZE_OUT_OF_RANGE", "page_size"),
    (listing(page_size=-1), "PAGE_SIZE_OUT_OF_RANGE", "page_size"),
    (listing(page_token="01"), "PAGE_TOKEN_INVALID", "page_token"),
    (listing(page_token="-1"), "PAGE_TOKEN_INVALID", "page_token"),
    (checking(page_size=1001), "PAGE_SIZE_OUT_OF_RANGE", "page_size"),
    (checking(page_token="x"), "PAGE_TOKEN_INVALID", "page_token"),
    (lambda client, _: client.CheckCompleteness(business="?"), "BUSINESS_INVALID", "business"),
]


@pytest.mark.parametrize("call, reason, field", INVALID_CALLS)
def test_an_invalid_request_names_its_field(client, business, call, reason, field):
    put_intake(client, business)
    put_unit(client, business, "erp", "A")
    before = intake(client, business)
    refusal = refused(call, client, business)
    assert (refusal.code, refusal.reason, wrong_fields(refusal)) == (INVALID, reason, [field])
    assert intake(client, business) == before


@pytest.mark.parametrize("call", [
    submitting(order(1)), cancelling(), listing(), checking(),
    lambda client, business: client.GetForwardingFigures(business=business),
    lambda client, business: client.GetIntake(business=business),
    lambda client, business: client.GetOrder(business=business, number="1"),
    lambda client, business: client.ListUnits(business=business),
    lambda client, business: client.MatchUnits(business=business, code="A"),
    lambda client, business: client.DeleteUnit(business=business, name="erp"),
])
def test_a_business_needs_an_intake(client, business, call):
    refusal = refused(call, client, business)
    assert (refusal.code, refusal.reason) == (NOT_FOUND, "INTAKE_NOT_FOUND")
    assert refusal.metadata == {"field": "business"}


def test_a_unit_needs_an_intake(client, business):
    refusal = refused(unit(), client, business)
    assert (refusal.code, refusal.reason, refusal.metadata) == (NOT_FOUND, "INTAKE_NOT_FOUND", {"field": "unit.business"})


def test_what_is_not_there_is_not_found(client, business):
    put_intake(client, business)
    submit(client, business, order(1))
    for call, reason, field in [
        (lambda: client.DeleteUnit(business=business, name="erp"), "UNIT_NOT_FOUND", "name"),
        (lambda: client.ListQueuedOrders(business=business, unit="erp"), "UNIT_NOT_FOUND", "unit"),
        (lambda: client.GetOrder(business=business, number="2"), "ORDER_NOT_FOUND", "number"),
        (lambda: client.GetOrder(business=business, number="1", version=1), "ORDER_NOT_FOUND", "number"),
        (lambda: client.GetOrder(business=business, number="1", cancellation=True), "ORDER_NOT_FOUND", "number"),
        (lambda: client.Cancel(business=business, number="2"), "ORDER_NOT_FOUND", "number"),
    ]:
        refusal = refused(call)
        assert (refusal.code, refusal.reason, refusal.metadata) == (NOT_FOUND, reason, {"field": field})


def test_an_order_that_differs_is_refused_with_its_call(client, business):
    put_intake(client, business)
    submit(client, business, order(1, body=b"x"))
    for changed in [order(1, body=b"y"), order(1, "B", body=b"x"), order(1, key="k", body=b"x")]:
        refusal = refused(client.Submit, business=business, orders=[order(2), changed])
        assert (refusal.code, refusal.reason) == (EXISTS, "ORDER_CHANGED")
        assert refusal.metadata == {"field": "orders[1]", "sequence": "1"}
    refusal = refused(client.Submit, business=business, orders=[order(2), order(2, "B")])
    assert refusal.metadata == {"field": "orders[1]", "sequence": "2"}
    assert intake(client, business).orders == 1


def test_an_order_is_cancelled_for_one_reason(client, business):
    put_intake(client, business)
    submit(client, business, order(1))
    client.Cancel(business=business, number="1", reason="a")
    refusal = refused(client.Cancel, business=business, number="1", reason="b")
    assert (refusal.code, refusal.reason) == (EXISTS, "CANCELLED_DIFFERENTLY")
    assert refusal.metadata == {"field": "reason", "sequence": "2"}


def test_a_unit_with_a_queue_stays(client, business):
    put_intake(client, business)
    put_unit(client, business, "erp", "A")
    submit(client, business, order(1))
    forwarded(client, business)
    refusal = refused(client.DeleteUnit, business=business, name="erp")
    assert (refusal.code, refusal.reason) == (PRECONDITION, "UNIT_NOT_EMPTY")
    assert refusal.metadata == {"field": "force", "depth": "1"}


def test_lanes_are_changed_so_often_at_a_time(client, business):
    put_intake(client, business, lanes=1, window_ms=60_000)
    submit(client, business, order(1))
    for lanes in range(2, 9):
        put_intake(client, business, lanes=lanes, window_ms=60_000)
    refusal = refused(put_intake, client, business, lanes=9)
    assert (refusal.code, refusal.reason) == (PRECONDITION, "LANES_CHANGING")
    assert refusal.metadata == {"field": "settings.lanes"}


def test_a_business_has_so_many_units(client, business):
    put_intake(client, business)
    for n in range(100):
        put_unit(client, business, f"u{n}")
    refusal = refused(put_unit, client, business, "one-more")
    assert (refusal.code, refusal.reason, refusal.metadata) == (EXHAUSTED, "UNITS_EXHAUSTED", {"limit": "100"})
    put_unit(client, business, "u1", "A")


@pytest.mark.parametrize("second, reason, field", [
    (dict(position=2), "POSITION_NOT_ASCENDING", "position"),
    (dict(position=3, business="other"), "BUSINESS_CHANGED", "business"),
    (dict(position=3, orders=[order("")]), "ORDER_NUMBER_INVALID", "orders[0].number"),
])
def test_a_refused_message_ends_the_stream(client, business, second, reason, field):
    put_intake(client, business)
    requests = [dict(position=2), second]
    call = client.stub("SubmitStream")(
        (f.SubmitStreamRequest(**{"business": business, "orders": [order(1)], **fields}) for fields in requests),
        timeout=20)
    assert next(call).acknowledged_through == 2
    with pytest.raises(grpc.RpcError) as raised:
        next(call)
    refused_with = refusal(raised.value)
    assert (refused_with.code, refused_with.reason, wrong_fields(refused_with)) == (INVALID, reason, [field])
    assert refused_with.metadata["position"] == str(second["position"])
    assert intake(client, business).orders == 1


def test_a_small_server_takes_on_less(tmp_path):
    with Server(tmp_path, "--max-intakes", "2", "--max-orders", "3") as server, connect(server, "h2c") as channel:
        client = Client(channel)
        put_intake(client, "a")
        put_intake(client, "b")
        refusal = refused(put_intake, client, "c")
        assert (refusal.code, refusal.reason, refusal.metadata) == (EXHAUSTED, "INTAKES_EXHAUSTED", {"limit": "2"})
        put_intake(client, "b", lanes=2)
        submit(client, "a", order(1), order(2))

        def is_full():
            refusal = refused(submit, client, "b", order(1), order(2))
            assert (refusal.code, refusal.reason, refusal.metadata) == (EXHAUSTED, "ORDERS_EXHAUSTED", {"limit": "3"})
            assert [detail.retry_delay.seconds for detail in refusal.details
                    if isinstance(detail, error_details.RetryInfo)] == [10]

        is_full()
        submit(client, "b", order(3, items=[item("unknown")]))
        # Every order that is kept has room for its cancellation, and for no other.
        for number in "12":
            client.Cancel(business="a", number=number)
            is_full()
        client.Cancel(business="b", number="3")
        assert eventually(lambda: get(client, "b", 3).state == WITHDRAWN)
        assert [intake(client, business).orders for business in "ab"] == [4, 2]
        # What came before is answered as before.
        assert submit(client, "a", order(1)) == [1]
        assert client.Cancel(business="a", number="1").duplicate
