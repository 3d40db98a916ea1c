"""Orders that reserve their items in the stock of their business, and why a figure is what it is (FW9, FW10)."""

import grpc
import pytest

from api import Client, refused, stock as s
from conftest import connect
from consumers import set_up
from orders import AWAITING, WITHDRAWN, get, intake, item, order, put_intake, submit
from pools import request_id
from server import Server, eventually
from stocking import figures, form_key, movement, put_policy, record

PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
RESERVED, RELEASED, SHIPPED = s.MOVEMENT_KIND_RESERVED, s.MOVEMENT_KIND_RELEASED, s.MOVEMENT_KIND_SHIPPED


@pytest.fixture(scope="module")
def client(server):
    with connect(server, "h2c") as channel:
        yield Client(channel)


def reserved(client, business, good="tea"):
    """What is reserved of a good, by order; the figure is its sum."""
    found = client.ListOpenQuantities(business=business, good=good, kind=s.OPEN_KIND_ORDER).quantities
    assert client.GetStock(business=business, good=good).stock.figures.reserved == sum(one.quantity for one in found)
    return {one.reference: one.quantity for one in found}


def explained(client, business, good="tea"):
    """The entries that made what is reserved, the oldest first: kind, order, change; and the figure."""
    answer = client.ExplainFigure(business=business, good=good, figure=s.FIGURE_KIND_RESERVED)
    return answer.value, [
        (entry.movement.kind, entry.movement.order, entry.change.reserved) for entry in reversed(answer.entries)]


def test_an_order_reserves_its_items_once(client, business):
    put_intake(client, business)
    same = request_id()
    for _ in range(2):
        submit(client, business, order(1, items=[item("tea", 5), item("rice", 2)]), order(2, items=[item("tea", 3)]),
               order(3), request_id=same)
    submit(client, business, order(2, items=[item("tea", 3)]))
    assert reserved(client, business) == {"1": 5, "2": 3} and reserved(client, business, "rice") == {"1": 2}
    assert explained(client, business) == (8, [(RESERVED, "1", 5), (RESERVED, "2", 3)])
    entry = client.ExplainFigure(business=business, good="rice", figure=s.FIGURE_KIND_RESERVED).entries[0]
    assert (entry.movement.id, entry.movement.good, entry.movement.quantity) == ("", "rice", 2)
    # Those that differ are refused with what comes beside them.
    refusal = refused(
        client.Submit, business=business, orders=[order(4, items=[item("tea")]), order(1, items=[item("tea", 6)])])
    assert refusal.reason == "ORDER_CHANGED" and reserved(client, business) == {"1": 5, "2": 3}


def test_what_goes_out_is_reserved_no_longer(client, business):
    put_intake(client, business)
    record(client, business, movement("RECEIVED", quantity=20))
    submit(client, business, order(1, items=[item("tea", 5)]))
    record(client, business, movement("SHIPPED", quantity=3, order="1"))
    assert figures(client, business) == (17, 0, 2, 3)
    record(client, business, movement("SHIPPED", quantity=4, order="1"))
    assert figures(client, business) == (13, 0, 0, 7)
    assert explained(client, business) == (0, [(RESERVED, "1", 5), (SHIPPED, "1", -3), (SHIPPED, "1", -2)])


def test_a_later_version_reserves_the_difference(client, business):
    put_intake(client, business)
    submit(client, business, order(1, items=[item("tea", 10), item("salt", 3)]))
    record(client, business, movement("SHIPPED", quantity=4, order="1"))
    submit(client, business, order(1, version=2, items=[item("tea", 12)]))
    assert reserved(client, business) == {"1": 8} and reserved(client, business, "salt") == {}
    assert explained(client, business) == (8, [(RESERVED, "1", 10), (SHIPPED, "1", -4), (RESERVED, "1", 2)])
    assert explained(client, business, "salt") == (0, [(RESERVED, "1", 3), (RELEASED, "1", -3)])
    # An earlier one comes too late; its cancellation takes nothing back.
    submit(client, business, order(1, version=1, items=[item("tea", 50)]))
    client.Cancel(business=business, number="1", version=1)
    client.Cancel(business=business, number="1")
    assert reserved(client, business) == {"1": 8}
    submit(client, business, order(1, version=3, items=[item("tea", 6)]))
    assert reserved(client, business) == {"1": 2}
    client.Cancel(business=business, number="1", version=3)
    assert reserved(client, business) == {}


def test_the_highest_version_counts_whichever_comes_first(tmp_path):
    """Also one without items."""
    for is_again in (False, True):
        with Server(tmp_path) as server, connect(server, "h2c") as channel:
            client = Client(channel)
            if not is_again:
                put_intake(client, "shop")
                submit(client, "shop", order(1, version=2), order(2, version=2), order(3, version=2), order(4))
                client.Cancel(business="shop", number="2", version=2)
                submit(client, "shop", order(1, version=1, items=[item("tea", 5)]), order(5, items=[item("tea", 1)]))
            else:
                submit(client, "shop", *(order(n, version=1, items=[item("tea", 7)]) for n in (2, 3)))
                submit(client, "shop", order(3, version=3, items=[item("tea", 2)]),
                       order(4, version=1, items=[item("tea", 3)]))
            assert reserved(client, "shop") == ({"3": 2, "4": 3, "5": 1} if is_again else {"5": 1})
            server.kill()


def test_a_cancellation_releases_what_is_left(client, business):
    put_intake(client, business)
    submit(client, business, order(1, items=[item("tea", 5)]), order(2, items=[item("tea", 7)]))
    record(client, business, movement("SHIPPED", quantity=2, order="1"))
    for _ in range(2):
        client.Cancel(business=business, number="1", reason="changed their mind")
        assert reserved(client, business) == {"2": 7}
    assert explained(client, business) == (
        7, [(RESERVED, "1", 5), (RESERVED, "2", 7), (SHIPPED, "1", -2), (RELEASED, "1", -3)])
    # By hand, too; then there is nothing left to release.
    record(client, business, movement("RELEASED", quantity=0, order="2"))
    client.Cancel(business=business, number="2")
    assert reserved(client, business) == {}


def test_an_order_that_waits_for_goods_reserves_until_it_is_withdrawn(client, business):
    set_up(client, business)
    submit(client, business, order(1, items=[item("unknown", 4)]))
    assert get(client, business, 1).state == AWAITING and reserved(client, business, "unknown") == {"1": 4}
    client.Cancel(business=business, number="1")
    assert eventually(lambda: get(client, business, 1).state == WITHDRAWN)
    assert reserved(client, business, "unknown") == {}


def test_a_form_counts_what_orders_reserve(client, business):
    put_intake(client, business)
    put_policy(client, business, reorder_point=20, target=80)
    record(client, business, movement("RECEIVED", quantity=50))
    submit(client, business, *[order(n, items=[item("tea", 9)]) for n in range(5)])
    client.Cancel(business=business, number="0")
    key = form_key()
    [line] = client.GetForm(business=business, form=key).lines
    assert (line.on_hand, line.reserved, line.projected, line.quantity_to_order) == (50, 36, 14, 66)
    # The same form, although an order is cancelled behind it.
    client.Cancel(business=business, number="1")
    assert list(client.GetForm(business=business, form=key).lines) == [line]
    found = client.ExplainFigure(business=business, good="tea", figure=s.FIGURE_KIND_RESERVED, form=key)
    assert found.value == 36
    assert sorted(entry.movement.order for entry in found.entries) == ["0", "0", "1", "2", "3", "4"]


def test_a_figure_has_a_limit(client, business):
    put_intake(client, business)
    submit(client, business, *[order(n, items=[item("tea", 10**12)]) for n in range(1000)])
    refusal = refused(
        client.Submit, business=business, orders=[order("x", items=[item("rice")]), order("y", items=[item("tea")])])
    assert (refusal.code, refusal.reason) == (PRECONDITION, "FIGURE_OUT_OF_RANGE")
    assert refusal.metadata == {"field": "orders[1].items[0]"}
    assert intake(client, business).orders == 1000


def test_reservations_survive_a_crash(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        put_intake(client, "shop")
        submit(client, "shop", order(1, items=[item("tea", 5)]), order(2, items=[item("tea", 7)]))
        client.Cancel(business="shop", number="2")
        before = explained(client, "shop")
        server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        assert explained(client, "shop") == before
        submit(client, "shop", order(1, items=[item("tea", 5)]))
        submit(client, "shop", order(1, version=1, items=[item("tea", 6)]), order(2, version=1, items=[item("tea", 3)]))
        client.Cancel(business="shop", number="2")
        assert reserved(client, "shop") == {"1": 6, "2": 3}


def test_goods_and_orders_are_the_same_if_their_bytes_are(tmp_path):
    """As one character and as two: Unicode takes them for the same."""
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    for is_again in (False, True):
        with Server(tmp_path) as server, connect(server, "h2c") as channel:
            client = Client(channel)
            if not is_again:
                put_intake(client, "shop")
                submit(client, "shop", order(composed, items=[item(composed, 2), item(decomposed, 3)]),
                       order(decomposed, items=[item(composed, 5)]))
            else:
                submit(client, "shop", order(composed, version=1, items=[item(composed, 2), item(decomposed, 4)]))
            assert reserved(client, "shop", composed) == {composed: 2, decomposed: 5}
            assert reserved(client, "shop", decomposed) == {composed: 4 if is_again else 3}
            record(client, "shop", movement("RECEIVED", good=decomposed, quantity=1))
            server.kill()


@pytest.mark.parametrize("flag, limit, reason", [
    ("--max-goods", 1, "GOODS_EXHAUSTED"), ("--max-open-quantities", 2, "OPEN_QUANTITIES_EXHAUSTED"),
    ("--max-movements", 2, "LEDGER_EXHAUSTED"),
])
def test_a_full_stock_refuses_orders_with_items(tmp_path, flag, limit, reason):
    with Server(tmp_path, flag, limit) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        put_intake(client, "shop")
        orders = [order(1, items=[item("tea")]), order(2, items=[item("tea"), item("rice")])]
        refusal = refused(client.Submit, business="shop", orders=orders)
        assert (refusal.code, refusal.reason, refusal.metadata) == (EXHAUSTED, reason, {"limit": str(limit)})
        assert intake(client, "shop").orders == 0
        # What reserves nothing is taken.
        submit(client, "shop", order(1, items=[item("tea")]), order(3))
        assert reserved(client, "shop") == {"1": 1}


def test_a_full_ledger_takes_cancellations(tmp_path):
    with Server(tmp_path, "--max-movements", "3") as server, connect(server, "h2c") as channel:
        client = Client(channel)
        put_intake(client, "shop")
        submit(client, "shop", order(1, items=[item("tea", 4), item("rice")]))
        record(client, "shop", movement("RESERVED", quantity=3, order="1"))
        for call in [
            lambda: submit(client, "shop", order(2, items=[item("tea")])),
            lambda: submit(client, "shop", order(1, version=1, items=[item("tea", 3), item("rice")])),
            lambda: record(client, "shop", movement("SHIPPED", quantity=2, order="1")),
        ]:
            assert refused(call).reason == "LEDGER_EXHAUSTED"
        assert reserved(client, "shop") == {"1": 7}
        client.Cancel(business="shop", number="1")
        # What it didn't reserve itself stays.
        assert reserved(client, "shop") == {"1": 3} and reserved(client, "shop", "rice") == {}
        record(client, "shop", movement("RELEASED", quantity=0, order="1"))
        assert reserved(client, "shop") == {}
        assert refused(submit, client, "shop", order(2, items=[item("tea")])).reason == "LEDGER_EXHAUSTED"
