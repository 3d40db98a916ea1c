"""The ledger of movements, the figures that follow from it, forms and their explanations: FW10."""

import concurrent.futures
import random
import time

import pytest

from api import Client, refused, stock as s
from conftest import connect
from pools import request_id
from server import Server
from stocking import DAY, export, figures, form_key, movement, pages, put_policy, record, rows

ORDER, CONSIGNMENT = s.OPEN_KIND_ORDER, s.OPEN_KIND_CONSIGNMENT
ON_HAND, IN_TRANSIT, RESERVED, SHIPPED, TO_ORDER = (
    s.FIGURE_KIND_ON_HAND, s.FIGURE_KIND_IN_TRANSIT, s.FIGURE_KIND_RESERVED, s.FIGURE_KIND_SHIPPED,
    s.FIGURE_KIND_QUANTITY_TO_ORDER)


def open_quantities(client, business, kind, good="tea"):
    listed = client.ListOpenQuantities(business=business, good=good, kind=kind).quantities
    return {item.reference: item.quantity for item in listed}


def test_movements_make_figures(client, business):
    recorded = record(
        client, business,
        movement("IN_TRANSIT", quantity=50, consignment="c1"),
        movement("RECEIVED", quantity=30, consignment="c1"),
        movement("RESERVED", quantity=10, order="o1"),
        movement("RESERVED", quantity=5, order="o2"),
        movement("SHIPPED", quantity=4, order="o1"),
        movement("SHIPPED", quantity=1))
    assert [(entry.sequence, entry.duplicate) for entry in recorded] == [(n, False) for n in range(1, 7)]
    assert figures(client, business) == (25, 20, 11, 5)
    assert open_quantities(client, business, ORDER) == {"o1": 6, "o2": 5}
    assert open_quantities(client, business, CONSIGNMENT) == {"c1": 20}
    record(client, business, movement("COUNTED", quantity=20), movement("RELEASED", quantity=0, order="o2"),
           movement("TRANSIT_ENDED", quantity=5, consignment="c1"))
    assert figures(client, business) == (20, 15, 6, 5)
    assert open_quantities(client, business, ORDER) == {"o1": 6}
    stock = client.GetStock(business=business, good="tea").stock
    assert stock.sequence == 9 and not stock.HasField("policy")


def test_more_goes_out_than_was_known_of(client, business):
    record(client, business, movement("SHIPPED", quantity=3))
    assert figures(client, business) == (-3, 0, 0, 3)
    record(client, business, movement("COUNTED", quantity=0))
    assert figures(client, business) == (0, 0, 0, 3)


def test_a_movement_counts_once(client, business):
    first, other = movement("RECEIVED", quantity=5), movement("RECEIVED", quantity=7)
    [answer] = record(client, business, first)
    # Again in another call, twice in one call, and with another one.
    again = record(client, business, first, other, other, request_id=request_id())
    assert [(entry.sequence, entry.duplicate) for entry in again] == [(1, True), (2, False), (2, True)]
    assert figures(client, business) == (12, 0, 0, 0)
    assert (answer.sequence, answer.duplicate) == (1, False)


def test_a_repeated_call_is_answered_as_before(client, business):
    same, moves = request_id(), [movement("RECEIVED", quantity=5)]
    first = record(client, business, *moves, request_id=same)
    assert record(client, business, *moves, request_id=same) == first
    policies = [s.Policy(good="tea", target=5)]
    put = client.PutPolicies(business=business, policies=policies, request_id=(same := request_id()))
    assert put.repeatable and put.policies_version == 1
    assert client.PutPolicies(business=business, policies=policies, request_id=same) == put
    deleted = client.DeletePolicies(business=business, goods=["tea"], request_id=(same := request_id()))
    assert deleted.repeatable and deleted.policies_version == 2
    assert client.DeletePolicies(business=business, goods=["tea"], request_id=same) == deleted


def test_all_goods_page_by_page(client, business):
    names = sorted((f"g{n}" for n in range(7)), key=str.encode) + ["茶"]
    record(client, business, *(movement("RECEIVED", good=name, quantity=n + 1) for n, name in enumerate(names)))
    put_policy(client, business, good="g3", pack_size=6, lead=DAY)
    put_policy(client, business, good="only planned")
    listed, count = pages(client.ListStock, "stock", business=business, page_size=4)
    assert [item.good for item in listed] == sorted([*names, "only planned"], key=str.encode)
    assert count == 3
    by_good = {item.good: item for item in listed}
    policy = by_good["g3"].policy
    assert (policy.reorder_point, policy.target, policy.pack_size) == (20, 80, 6)
    assert policy.lead_time.seconds == DAY and policy.version == 1
    assert by_good["only planned"].policy.pack_size == 1 and by_good["only planned"].sequence == 0
    assert by_good["茶"].figures.on_hand == 8
    record(client, business, *(movement("RESERVED", good="g1", order=f"o{n}", quantity=n + 1) for n in range(5)))
    listed, count = pages(
        client.ListOpenQuantities, "quantities", business=business, good="g1", kind=ORDER, page_size=2)
    assert [(item.reference, item.quantity) for item in listed] == [(f"o{n}", n + 1) for n in range(5)]
    assert count == 3


def test_policies_have_versions(client, business):
    assert put_policy(client, business).policies_version == 1
    assert put_policy(client, business).policies_version == 1, "as it was"
    assert put_policy(client, business, target=90).policies_version == 2
    assert client.DeletePolicies(business=business, goods=["tea"]).policies_version == 3
    assert not client.GetStock(business=business, good="tea").stock.HasField("policy")
    assert put_policy(client, business, target=90).policies_version == 4


def test_what_to_order(client, business):
    put_policy(client, business, pack_size=25, lead=2 * DAY)
    record(client, business, movement("RECEIVED", quantity=100), movement("SHIPPED", quantity=70),
           movement("RESERVED", quantity=5, order="o1"), movement("IN_TRANSIT", quantity=3, consignment="c1"))
    answer = client.GetForm(business=business, form=form_key())
    assert (answer.form.policies_version, answer.ledger_sequence) == (1, 4)
    [line] = answer.lines
    # 70 within 7 days are 20 in 2.
    assert (line.on_hand, line.in_transit, line.reserved, line.shipped, line.lead_demand) == (30, 3, 5, 70, 20)
    assert line.projected == 8 and line.quantity_to_order == 75
    assert (line.reorder_point, line.target, line.pack_size, line.lead_time.seconds) == (20, 80, 25, 2 * DAY)
    assert line.sequence == 4


def test_the_same_form_whatever_happens(client, business):
    """Asked twice, after a cancelled order, other movements, other policies; and a later window differs."""
    put_policy(client, business)
    put_policy(client, business, good="rice", target=30)
    record(client, business, movement("RECEIVED", quantity=25), movement("RESERVED", quantity=10, order="o1"))
    key = form_key()
    first, text = client.GetForm(business=business, form=key), export(client, business, key)
    assert [(line.good, line.quantity_to_order) for line in first.lines] == [("rice", 30), ("tea", 65)]
    for change in (
        lambda: None,
        lambda: record(client, business, movement("RELEASED", quantity=0, order="o1")),
        lambda: record(client, business, movement("SHIPPED", quantity=9), movement("COUNTED", "rice", 7)),
        lambda: put_policy(client, business, target=900),
        lambda: client.DeletePolicies(business=business, goods=["rice"]),
        lambda: put_policy(client, business, good="salt"),
    ):
        change()
        assert client.GetForm(business=business, form=key) == first
        assert export(client, business, key) == text
    later = client.GetForm(business=business, form=form_key())
    assert [(line.good, line.quantity_to_order) for line in later.lines] == [("salt", 80), ("tea", 884)]
    # The old window by the newer policies, which is a form of its own.
    newer = form_key(key.window_end.ToMicroseconds(), policies_version=3)
    assert [line.quantity_to_order for line in client.GetForm(business=business, form=newer).lines] == [30, 885]


def test_the_same_form_at_once_from_many_clients(server, business):
    with connect(server, "h2c") as one, connect(server, "h2c") as two:
        clients = [Client(one), Client(two)]
        put_policy(clients[0], business)
        record(clients[0], business, movement("RECEIVED", quantity=5))
        key = form_key()

        def work(number):
            client = clients[number % 2]
            if number % 3 == 0:
                record(client, business, movement("RECEIVED", quantity=number + 1))
            return client.GetForm(business=business, form=key), export(client, business, key)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(work, range(60)))
        assert all(answer == answers[0] for answer in answers)
        assert [line.on_hand for line in answers[0][0].lines] == [5]


def test_a_form_over_kill_9(tmp_path):
    business = "shop"
    moves = [movement("RECEIVED", quantity=25), movement("RESERVED", quantity=10, order="o1")]
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        put_policy(client, business)
        recorded = record(client, business, *moves)
        key = form_key()
        form, text = client.GetForm(business=business, form=key), export(client, business, key)
        server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        again = record(client, business, *moves)
        assert [entry.sequence for entry in again] == [entry.sequence for entry in recorded]
        assert all(entry.duplicate for entry in again)
        assert figures(client, business) == (25, 0, 10, 0)
        assert open_quantities(client, business, ORDER) == {"o1": 10}
        assert client.GetForm(business=business, form=key) == form
        assert export(client, business, key) == text
        record(client, business, movement("RELEASED", quantity=10, order="o1"))
        server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        assert figures(client, business) == (25, 0, 0, 0)
        assert client.GetForm(business=business, form=key) == form


def test_csv(client, business):
    """RFC 4180: a head, CRLF, quotes; the same figures as in the form, in pieces of whole lines."""
    names = ["plain", "a,b", 'say "so"', "=1+1", "茶"] + [f"g{n:04}" for n in range(450)]
    for first in range(0, len(names), 100):
        client.PutPolicies(business=business, policies=[
            s.Policy(good=name, reorder_point=1, target=10, pack_size=4) for name in names[first:first + 100]])
    record(client, business, movement("RECEIVED", "a,b", 2), movement("SHIPPED", "a,b", 3))
    key = form_key()
    text = export(client, business, key)
    assert text.count(b"\r\n") == len(names) + 1 and text.endswith(b"\r\n")
    assert b'\r\n"a,b",-1,0,0,3,0,-1,1,10,4,0,12,2\r\n' in text
    assert b'\r\n"say ""so""",' in text
    lines, count = pages(client.GetForm, "lines", business=business, form=key, page_size=200)
    assert count == 3
    read = rows(text)
    assert [row["good"] for row in read] == [line.good for line in lines] == sorted(names, key=str.encode)
    for row, line in zip(read, lines):
        for field in s.FormLine.DESCRIPTOR.fields_by_name:
            value = getattr(line, field)
            assert row[field] == str(value.seconds if field == "lead_time" else value), field
    pieces = list(client.stub("ExportForm")(s.ExportFormRequest(business=business, form=key), timeout=20))
    assert len(pieces) == 3 and all(piece.csv.endswith(b"\r\n") for piece in pieces)
    assert pieces[0].form.policies_version == 5 and pieces[0].ledger_sequence == 2


def test_a_form_of_nobody_is_empty(client, business):
    answer = client.GetForm(business=business, form=form_key())
    assert not answer.lines and answer.ledger_sequence == 0 and answer.form.policies_version == 0
    assert rows(export(client, business, form_key())) == []


def explain(client, business, figure, page_size=100, **fields):
    """The first page, and all entries."""
    ask = {"business": business, "good": "tea", "figure": figure, "page_size": page_size, **fields}
    first = client.ExplainFigure(**ask)
    entries, _ = pages(client.ExplainFigure, "entries", **ask)
    return first, entries


CHANGED = {ON_HAND: "on_hand", IN_TRANSIT: "in_transit", RESERVED: "reserved", SHIPPED: "shipped"}


@pytest.mark.parametrize("page_size", [1, 3, 100])
def test_every_figure_is_explained(client, business, page_size):
    """The entries that changed a figure add up to it, each with the movement and its order."""
    put_policy(client, business)
    choose = random.Random(page_size)
    reported = []
    for n in range(40):
        kind = choose.choice(["RECEIVED", "SHIPPED", "COUNTED", "IN_TRANSIT", "RESERVED", "RELEASED"])
        fields = {"order": f"o{n % 3}"} if kind in ("SHIPPED", "RESERVED", "RELEASED") else {}
        fields |= {"consignment": f"c{n % 2}"} if kind in ("IN_TRANSIT", "RECEIVED") else {}
        reported.append(movement(kind, quantity=0 if kind == "RELEASED" else choose.randint(1, 9), **fields))
    record(client, business, *reported[:20])
    record(client, business, *reported[20:], movement("RECEIVED", "rice", 1))
    stock = client.GetStock(business=business, good="tea").stock
    key = form_key()
    [line] = client.GetForm(business=business, form=key).lines
    for figure, name in CHANGED.items():
        for form in (None, key):
            first, entries = explain(client, business, figure, page_size, form=form)
            assert first.value == getattr(stock.figures, name) == sum(
                getattr(entry.change, name) for entry in entries)
            assert all(getattr(entry.change, name) for entry in entries)
            assert [entry.sequence for entry in entries] == sorted(
                (entry.sequence for entry in entries), reverse=True)
            assert first.HasField("line") == (form is not None)
            for entry in entries:
                assert entry.movement == reported[entry.sequence - 1]
                assert abs(entry.record_time.ToMicroseconds() / 1e6 - time.time()) < 60
    first, entries = explain(client, business, TO_ORDER, page_size, form=key)
    assert first.value == line.quantity_to_order and first.line == line
    assert first.form.policies_version == 1
    for name in CHANGED.values():
        assert getattr(line, name) == sum(getattr(entry.change, name) for entry in entries)


def test_an_explanation_stays_while_things_move(client, business):
    record(client, business, *(movement("RECEIVED", quantity=n) for n in range(1, 6)))
    ask = {"business": business, "good": "tea", "figure": ON_HAND, "page_size": 2}
    page = client.ExplainFigure(**ask)
    seen = list(page.entries)
    while page.next_page_token:
        record(client, business, movement("RECEIVED", quantity=100))
        page = client.ExplainFigure(page_token=page.next_page_token, **ask)
        assert page.value == 15
        seen += page.entries
    assert [entry.sequence for entry in seen] == [5, 4, 3, 2, 1]


def test_what_went_out_within_a_window(client, business):
    put_policy(client, business)
    record(client, business, movement("SHIPPED", quantity=2, order="o1"))
    start = form_key().window_end.ToMicroseconds()
    record(client, business, movement("RECEIVED", quantity=9), movement("SHIPPED", quantity=3, order="o2"))
    key = form_key(start=start)
    record(client, business, movement("SHIPPED", quantity=4, order="o3"))
    [line] = client.GetForm(business=business, form=key).lines
    assert (line.shipped, line.on_hand) == (3, 4)
    first, entries = explain(client, business, SHIPPED, form=key)
    assert first.value == 3 and [entry.movement.order for entry in entries] == ["o2"]
    first, entries = explain(client, business, SHIPPED)
    assert first.value == 9 and [entry.movement.order for entry in entries] == ["o3", "o2", "o1"]


def test_a_good_without_a_movement(client, business):
    put_policy(client, business)
    for figure in CHANGED:
        answer = client.ExplainFigure(business=business, good="tea", figure=figure)
        assert answer.value == 0 and not answer.entries
    answer = client.ExplainFigure(business=business, good="tea", figure=TO_ORDER, form=form_key())
    assert answer.value == 80 and answer.line.quantity_to_order == 80


def test_businesses_are_apart(client, business):
    same = movement("RECEIVED", quantity=5)
    record(client, business, same)
    [answer] = record(client, business + "-other", same)
    assert (answer.sequence, answer.duplicate) == (1, False)
    assert refused(client.GetStock, business=business + "-third", good="tea").reason == "GOOD_NOT_FOUND"
