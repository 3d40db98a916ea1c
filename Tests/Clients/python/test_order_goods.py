"""Orders with goods: what the catalog had when they were taken, and waiting for what it doesn't have (FW9)."""

import collections
import random

import grpc
import pytest

from api import Client, catalog as c, forwarding as f, refused, refusal, warnings as w, wrong_fields
from attendance import above, put_rule, warning_list
from conftest import connect
from consumers import Consumer, dead_letters, set_up
from orders import (
    AWAITING, BEHIND, FORWARDED, WITHDRAWN, forwarded, get, intake, item, numbers, order, put_intake, put_unit, queue,
    submit,
)
from server import Server, eventually
from stocking import pages

INVALID = grpc.StatusCode.INVALID_ARGUMENT
EXISTS = grpc.StatusCode.ALREADY_EXISTS
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED


def put(client, business, *goods, details=""):
    """Goods of the maker m, and the maker, with the same details."""
    client.PutManufacturers(business=business, manufacturers=[c.Manufacturer(number="m", name="M", details=details)])
    client.PutGoods(business=business, goods=[
        c.Good(number=good, name=good.title(), manufacturer="m", details=details) for good in goods])


def goods_of(stored):
    return [(one.number, one.version, one.details) for one in stored.goods]


def makers_of(stored):
    return [(one.number, one.version, one.details) for one in stored.manufacturers]


def state(client, business, number, **fields):
    return get(client, business, number, **fields).state


def waiting(client, business, **fields):
    """Numbers, states and missing goods of the orders that wait."""
    found, _ = pages(client.ListWaitingOrders, "orders", business=business, **fields)
    return [(one.order.order.number, one.state, list(one.missing_goods)) for one in found]


def test_an_order_keeps_the_goods_of_when_it_was_taken(client, business):
    set_up(client, business)
    put(client, business, "tea", "rice", details="then")
    submit(client, business, order(1, items=[item("rice", 2), item("tea", 10**12)], body=b"b"))
    put(client, business, "tea", details="now")
    submit(client, business, order(2, items=[item("tea")]), order(3))
    consumer = Consumer(client, business)
    one, two, three = (delivery.order for delivery in consumer.take(3))
    assert [(part.good, part.quantity) for part in one.order.items] == [("rice", 2), ("tea", 10**12)]
    assert goods_of(one) == [("rice", 1, "then"), ("tea", 1, "then")]
    assert makers_of(one) == [("m", 1, "then")]
    assert (goods_of(two), makers_of(two)) == ([("tea", 2, "now")], [("m", 2, "now")])
    assert not three.goods and not three.manufacturers
    assert one.goods[1].name == "Tea" and one.goods[1].update_time.seconds
    found = get(client, business, 1)
    assert found.order == one and get(client, business, 3).order == three
    assert not any(one.goods or one.order.items for one in queue(client, business, "erp"))
    consumer.leave()


def test_a_dead_letter_has_its_goods(client, business):
    set_up(client, business, attempts=1)
    put(client, business, "tea", details="then")
    submit(client, business, order(1, items=[item("tea")]))
    consumer = Consumer(client, business)
    consumer.nack(*consumer.take())
    put(client, business, "tea", details="now")
    [letter] = dead_letters(client, business)
    found = client.GetDeadLetter(business=business, unit="erp", sequence=letter.order.sequence).dead_letter
    assert goods_of(found.order) == [("tea", 1, "then")] and not letter.order.goods
    consumer.leave()


def test_many_large_goods_come_in_several_responses(client, business):
    set_up(client, business)
    names = [f"g{n}" for n in range(100)]
    put(client, business, *names, details="d" * 4096)
    submit(client, business, *[order(n, items=[item(name) for name in names]) for n in range(10)])
    consumer = Consumer(client, business)
    got = consumer.take(10)
    assert [[good.number for good in one.order.goods] for one in got] == [names] * 10
    consumer.leave()


def test_the_same_order_has_the_same_items(client, business):
    put_intake(client, business)
    first = [item("tea", 2), item("rice")]
    assert submit(client, business, order(1, items=first)) == [1]
    assert client.Submit(business=business, orders=[order(1, items=first)]).orders[0].duplicate
    for items in [[], first[:1], [item("tea", 3), item("rice")], first[::-1]]:
        refusal = refused(client.Submit, business=business, orders=[order(1, items=items)])
        assert (refusal.code, refusal.reason) == (EXISTS, "ORDER_CHANGED")
        assert refusal.metadata == {"field": "orders[0]", "sequence": "1"}
    # Also once they are known.
    put(client, business, "tea", "rice")
    assert client.Submit(business=business, orders=[order(1, items=first)]).orders[0].duplicate


def test_an_order_with_unknown_goods_waits_and_holds_its_own_key_only(client, business):
    set_up(client, business)
    put(client, business, "tea", details="then")
    submit(
        client, business, order(1, key="k", items=[item("tea"), item("rice"), item("salt")]), order(2, key="k"),
        order(3, key="k", items=[item("salt")]), order(4, key="other", items=[item("tea")]))
    forwarded(client, business)
    assert [state(client, business, n) for n in (1, 2, 3, 4)] == [AWAITING, BEHIND, BEHIND, FORWARDED]
    assert not get(client, business, 1).order.goods
    assert waiting(client, business, page_size=2) == [
        ("1", AWAITING, ["rice", "salt"]), ("2", BEHIND, []), ("3", BEHIND, ["salt"])]
    now = intake(client, business)
    assert (now.awaiting_goods, now.behind, now.orders) == (1, 2, 4)
    assert [(one.good, one.keys) for one in now.awaited_goods] == [("rice", 1)]
    put(client, business, "tea", "rice", details="now")
    assert eventually(lambda: [one.good for one in intake(client, business).awaited_goods] == ["salt"])
    assert waiting(client, business) == [("1", AWAITING, ["salt"]), ("2", BEHIND, []), ("3", BEHIND, ["salt"])]
    put(client, business, "salt", details="now")
    assert eventually(lambda: state(client, business, 3) == FORWARDED)
    assert not waiting(client, business) and not intake(client, business).awaited_goods
    consumer = Consumer(client, business)
    got = {}
    for _ in range(4):
        [delivery] = consumer.take()
        got[delivery.order.order.number] = delivery.order
        consumer.ack(delivery)
    assert [number for number in got if number != "4"] == ["1", "2", "3"]
    assert goods_of(got["1"]) == [("tea", 2, "now"), ("rice", 1, "now"), ("salt", 1, "now")]
    assert makers_of(got["1"]) == [("m", 2, "now")]
    assert goods_of(got["4"]) == [("tea", 1, "then")]
    consumer.leave()


def test_an_import_lets_orders_go_on(client, business):
    set_up(client, business)
    submit(client, business, *[order(n, items=[item(f"g{n}")]) for n in range(20)])
    assert intake(client, business).awaiting_goods == 20
    client.stub("ImportGoods")(iter([
        c.ImportGoodsRequest(business=business, goods=[c.Good(number=f"g{n}", name="G") for n in range(first, first + 10)])
        for first in (0, 10)]), timeout=20)
    assert eventually(lambda: len(numbers(client, business, "erp")) == 20)


def test_waiting_survives_a_restart(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        set_up(client, "shop")
        put(client, "shop", "tea", details="then")
        submit(
            client, "shop", order(1, key="k", items=[item("rice"), item("tea")]), order(2, key="k"),
            order(3, items=[item("tea")]))
        put(client, "shop", "tea", details="between")
        server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        assert waiting(client, "shop") == [("1", AWAITING, ["rice"]), ("2", BEHIND, [])]
        assert submit(client, "shop", order(1, key="k", items=[item("rice"), item("tea")])) == [1]
        put(client, "shop", "rice", details="now")
        assert eventually(lambda: state(client, "shop", 2) == FORWARDED)
        server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        put(client, "shop", "tea", "rice", details="later")
        assert sorted(numbers(client, "shop", "erp")) == ["1", "2", "3"]
        assert goods_of(get(client, "shop", 1).order) == [("rice", 1, "now"), ("tea", 2, "between")]
        assert goods_of(get(client, "shop", 3).order) == [("tea", 1, "then")]


@pytest.mark.parametrize("seed", range(2))
def test_whatever_comes_and_crashes_each_order_goes_out_once_with_its_goods(tmp_path, seed):
    """Orders, goods in any order and cancellations; the server is killed meanwhile. What is reserved follows, too."""
    chance = random.Random(seed)
    names = [f"g{n}" for n in range(12)]
    orders, cancelled = {}, set()

    def act(client):
        action = chance.random()
        if action < 0.7:
            number = str(chance.randrange(300))
            if number not in orders:
                items = [item(good, chance.randint(1, 9)) for good in chance.sample(names, chance.randint(0, 2))]
                orders[number] = order(number, key=f"k{int(number) % 7}", items=items)
            submit(client, "shop", orders[number])
        elif action < 0.8:
            good = chance.choice(names)
            put(client, "shop", good, details=str(chance.random()))
        elif action < 0.9 and orders:
            number = chance.choice(sorted(orders))
            cancelled.add(number)
            client.Cancel(business="shop", number=number)

    for round in range(4):
        with Server(tmp_path) as server, connect(server, "h2c") as channel:
            client = Client(channel)
            if round == 0:
                set_up(client, "shop")
            for _ in range(60):
                act(client)
            if round < 3:
                server.kill()
                continue
            put(client, "shop", *names, details="last")
            assert eventually(lambda: not waiting(client, "shop"))
            forwarded(client, "shop")
            got = queue(client, "shop", "erp")
            found = {number: get(client, "shop", number) for number in orders}
            withdrawn = {number for number, one in found.items() if one.state == WITHDRAWN}
            assert withdrawn <= cancelled
            went = [one.order.number for one in got if one.kind == f.ORDER_KIND_ORDER]
            assert sorted(went) == sorted(set(orders) - withdrawn)
            assert sorted(one.order.number for one in got if one.kind == f.ORDER_KIND_CANCELLATION) == sorted(
                cancelled - withdrawn)
            assert [one.sequence for one in got] == sorted(one.sequence for one in got)
            for number in set(orders) - withdrawn:
                stored = found[number].order
                assert [good.number for good in stored.goods] == [one.good for one in stored.order.items]
                assert bool(stored.manufacturers) == bool(stored.goods)
            page = client.CheckCompleteness(business="shop", page_size=1000)
            assert not page.differences and page.withdrawn == len(withdrawn) and not page.waiting
            sums = collections.Counter()
            for number, one in orders.items():
                for part in one.items:
                    sums[part.good] += 0 if number in cancelled else part.quantity
            for good in sums:
                assert client.GetStock(business="shop", good=good).stock.figures.reserved == sums[good]


def test_a_waiting_order_that_is_cancelled_is_withdrawn(client, business):
    set_up(client, business)
    submit(
        client, business, order(1, key="k", items=[item("typo")]), order(2, key="k", items=[item("typo")]),
        order(3, key="k"))
    client.Cancel(business=business, number="2")
    client.Cancel(business=business, number="1", reason="no such good")
    assert eventually(lambda: state(client, business, 3) == FORWARDED)
    assert [state(client, business, n) for n in (1, 2)] == [WITHDRAWN, WITHDRAWN]
    forwarded(client, business)
    assert state(client, business, 1, cancellation=True) == FORWARDED
    assert not get(client, business, 1).units and not get(client, business, 1, cancellation=True).units
    assert numbers(client, business, "erp") == ["3"]
    page = client.CheckCompleteness(business=business)
    assert (page.checked, page.forwarded, page.waiting, page.withdrawn, len(page.differences)) == (5, 3, 0, 2, 0)
    # Its good doesn't bring it back.
    put(client, business, "typo")
    forwarded(client, business)
    assert state(client, business, 1) == WITHDRAWN


def test_a_cancelled_order_whose_goods_come_goes_out_before_its_cancellation(client, business):
    set_up(client, business)
    submit(client, business, order(1, key="k", items=[item("rice")]), order(2, key="k", items=[item("tea")]))
    # Behind the first, so it isn't its turn yet.
    client.Cancel(business=business, number="2")
    assert state(client, business, 2) == BEHIND
    put(client, business, "tea", "rice")
    assert eventually(lambda: state(client, business, 2, cancellation=True) == FORWARDED)
    assert [(one.order.number, one.kind) for one in queue(client, business, "erp")] == [
        ("1", f.ORDER_KIND_ORDER), ("2", f.ORDER_KIND_ORDER), ("2", f.ORDER_KIND_CANCELLATION)]


def test_orders_that_wait_for_goods_are_warned_of(client, business):
    set_up(client, business)
    put_rule(client, business, kind=w.SIGNAL_KIND_ORDERS_AWAITING_GOODS, condition=above(2, 0), text="unknown goods")
    submit(client, business, order(1, items=[item("tea")]), order(2, items=[item("rice")]))
    assert eventually(lambda: warning_list(client, business))
    [warning] = warning_list(client, business)
    assert (warning.state, warning.value, warning.text) == (w.WARNING_STATE_RAISED, 2, "unknown goods")
    put(client, business, "tea", "rice")
    assert eventually(lambda: warning_list(client, business)[0].state == w.WARNING_STATE_CLEARED)


def test_goods_are_the_same_if_their_bytes_are(client, business):
    """As one character and as two: Unicode takes them for the same."""
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    set_up(client, business)
    put(client, business, composed)
    submit(client, business, order(1, items=[item(composed)]), order(2, items=[item(decomposed)]))
    assert [state(client, business, n) for n in (1, 2)] != [AWAITING, AWAITING]
    assert state(client, business, 2) == AWAITING
    put(client, business, decomposed)
    assert eventually(lambda: state(client, business, 2) == FORWARDED)
    assert [get(client, business, n).order.goods[0].number for n in (1, 2)] == [composed, decomposed]
    assert client.GetGood(business=business, number=decomposed).good.version == 1
    submit(client, business, order(3, items=[item(composed), item(decomposed)]))
    assert len(get(client, business, 3).order.goods) == 2


@pytest.mark.parametrize("orders, reason, field", [
    ([order(1), order(2, items=[item("")])], "GOOD_INVALID", "orders[1].items[0].good"),
    ([order(1, items=[item("tea"), item("g" * 65)])], "GOOD_INVALID", "orders[0].items[1].good"),
    ([order(1, items=[item("a\tb")])], "GOOD_INVALID", "orders[0].items[0].good"),
    ([order(1, items=[item("tea"), item("tea", 2)])], "GOOD_TWICE", "orders[0].items[1].good"),
    ([order(1, items=[item("tea", 0)])], "QUANTITY_OUT_OF_RANGE", "orders[0].items[0].quantity"),
    ([order(1, items=[item("tea", 10**12 + 1)])], "QUANTITY_OUT_OF_RANGE", "orders[0].items[0].quantity"),
    ([order(1, items=[item(f"g{n}") for n in range(101)])], "ITEMS_TOO_MANY", "orders[0].items"),
    ([order(n, items=[item(f"g{n}") for n in range(91)]) for n in range(11)], "ITEMS_TOO_MANY", "orders"),
    ([order("a\nb", items=[item("tea")])], "ORDER_NUMBER_INVALID", "orders[0].number"),
])
def test_invalid_items_name_their_field(client, business, orders, reason, field):
    put_intake(client, business)
    refusal = refused(client.Submit, business=business, orders=orders)
    assert (refusal.code, refusal.reason, wrong_fields(refusal)) == (INVALID, reason, [field])
    assert intake(client, business).orders == 0
    # On a stream, too.
    call = client.stub("SubmitStream")(
        iter([f.SubmitStreamRequest(business=business, position=1, orders=orders)]), timeout=20)
    with pytest.raises(grpc.RpcError) as raised:
        next(call)
    assert refusal_reason(raised.value) == reason


def refusal_reason(error):
    return refusal(error).reason


def test_what_is_asked_of_waiting_orders_is_checked(client, business):
    for fields, reason in [(dict(page_size=1001), "PAGE_SIZE_OUT_OF_RANGE"), (dict(page_token="x"), "PAGE_TOKEN_INVALID")]:
        assert refused(client.ListWaitingOrders, business=business, **fields).reason == reason
    assert refused(client.ListWaitingOrders, business=business).reason == "INTAKE_NOT_FOUND"
    assert refused(client.ListWaitingOrders, business="?").reason == "BUSINESS_INVALID"


def test_so_many_items_wait(client, business):
    put_intake(client, business)
    put(client, business, "tea")
    items = [item(f"g{n}") for n in range(100)]
    for first in range(0, 200, 10):
        submit(client, business, *[order(n, items=items) for n in range(first, first + 10)])
    refusal = refused(client.Submit, business=business, orders=[order(200, items=[item("rice")])])
    assert (refusal.code, refusal.reason, refusal.metadata) == (EXHAUSTED, "WAITING_EXHAUSTED", {"limit": "20000"})
    # What came before is answered as before, and what is known doesn't wait.
    assert submit(client, business, order(5, items=items)) == [6]
    submit(client, business, order(200, items=[item("tea")]), order(201))
    assert len(waiting(client, business)) == 200
