"""What is in the queues, how old it is, how fast they move, and whether every order is where it must be."""

import json
import sqlite3

import pytest

from api import Client, forwarding as f
from conftest import connect
from orders import forwarded, get, order, put_intake, put_unit, queue, submit
from server import Server, eventually, run

MISSING = f.ORDER_DIFFERENCE_KIND_MISSING
UNEXPECTED = f.ORDER_DIFFERENCE_KIND_UNEXPECTED


@pytest.fixture(scope="module")
def client(server):
    with connect(server, "h2c") as channel:
        yield Client(channel)


def figures(client, business):
    return client.GetForwardingFigures(business=business)


def test_depth_age_and_rates_of_lanes_and_units(client, business):
    put_intake(client, business, lanes=3, window_ms=60_000, batch_size=1000)
    put_unit(client, business, "erp", "A")
    put_unit(client, business, "wms", "A", "B")
    submit(client, business, *[order(n, "AB"[n % 2]) for n in range(30)])
    found = figures(client, business)
    lanes = found.intake.lanes
    assert [lane.lane for lane in lanes] == [0, 1, 2] and sum(lane.depth for lane in lanes) == 30
    for lane in lanes:
        assert (lane.in_per_second > 0) == (lane.depth > 0) and lane.out_per_second == 0
        first = get(client, business, 0).order.submit_time
        assert not lane.depth or abs(lane.oldest_time.ToMicroseconds() - first.ToMicroseconds()) < 1_000_000
    assert [(unit.unit, unit.depth, unit.in_per_second, unit.HasField("oldest_time")) for unit in found.units] == [
        ("erp", 0, 0, False), ("wms", 0, 0, False)]

    put_intake(client, business, lanes=3)
    forwarded(client, business)
    found = figures(client, business)
    assert found.intake.orders == 30
    for lane in found.intake.lanes:
        assert (lane.depth, lane.HasField("oldest_time")) == (0, False)
        assert lane.in_per_second == lane.out_per_second
    for unit, depth in zip(found.units, (15, 30)):
        assert unit.depth == depth and unit.in_per_second > 0 and unit.out_per_second == 0
        assert unit.oldest_time == queue(client, business, unit.unit)[0].submit_time


def check(client, business, page_size=7):
    """The sums of all pages, and all differences."""
    sums, differences, token = [0] * 4, [], ""
    while True:
        page = client.CheckCompleteness(business=business, page_size=page_size, page_token=token)
        for place, count in enumerate((page.checked, page.forwarded, page.waiting, page.unknown)):
            sums[place] += count
        differences += [(one.sequence, one.kind, one.unit) for one in page.differences]
        token = page.next_page_token
        if not token:
            return sums, differences


def scenario(client, business):
    """Orders of changing rules, cancelled, quarantined, and in a lane: 24 and 3 cancellations."""
    put_intake(client, business, lanes=2)
    assert check(client, business) == ([0] * 4, [])
    put_unit(client, business, "erp", "A")
    put_unit(client, business, "gone", "A", "B")
    submit(client, business, *[order(n, "ABX"[n % 3], key=str(n)) for n in range(12)])
    forwarded(client, business)
    put_unit(client, business, "erp", "A", "B")
    put_unit(client, business, "wms", "B")
    client.DeleteUnit(business=business, name="gone", force=True)
    for number in "012":
        client.Cancel(business=business, number=number)
    submit(client, business, *[order(n, "AB"[n % 2], key=str(n)) for n in range(12, 20)])
    forwarded(client, business)
    put_intake(client, business, lanes=2, window_ms=60_000)
    submit(client, business, *[order(n) for n in range(20, 24)])


def test_every_order_is_where_it_must_be(client, business):
    scenario(client, business)
    expected = [27, 18, 9, 0]
    for size in 1, 7, 1000:
        assert check(client, business, size) == (expected, [])
    put_unit(client, business, "late", "X")
    assert eventually(lambda: check(client, business) == ([27, 23, 4, 0], []))


def test_what_is_not_where_it_must_be_is_told(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        scenario(Client(channel), "shop")
        assert server.stop() == 0
    database = sqlite3.connect(server.store)
    ids = dict(database.execute("SELECT name, unit FROM forwarding_unit"))
    with database:
        for name in "erp", "wms":
            [(places,)] = database.execute("SELECT places FROM forwarding_place WHERE unit = ?", (ids[name],))
            changed = bytearray(places)
            # Two bits an order: 1 is taken away from one unit, 3 and 7 are given to the other.
            if name == "erp":
                changed[0] &= ~(0b11 << 2)
            else:
                changed[0] |= 0b01 << 6
                changed[1] |= 0b01 << 6
            database.execute("UPDATE forwarding_place SET places = ? WHERE unit = ?", (bytes(changed), ids[name]))
    database.close()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        sums, differences = check(Client(channel), "shop")
        assert sums == [27, 18, 9, 0]
        # The order 0 has the sequence 1; its cancellation, 13, is at the unit that it isn't at itself.
        assert differences == [
            (1, MISSING, "erp"), (3, UNEXPECTED, "wms"), (7, UNEXPECTED, "wms"), (13, UNEXPECTED, "erp")]
        result = run("queues", "check", "shop", "--connect", server.h2c)
        lines = result.stdout.splitlines()
        assert result.returncode == 65 and lines[0] == "order 1 never came to unit erp" and len(lines) == 5


# orderwire queues


def test_queues_at_a_terminal(server, client, business):
    scenario(client, business)
    result = run("queues", business, "--connect", server.h2c)
    assert (result.returncode, result.stderr) == (0, "")
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert [row[0] for row in rows] == [
        "lane 0", "lane 1", "behind a change of lanes", "quarantined", "held behind quarantined",
        "awaiting goods", "behind those", "unit erp", "unit wms"]
    depths = {row[0]: int(row[1]) for row in rows}
    assert depths["lane 0"] + depths["lane 1"] == 4 and depths["unit erp"] == 13 and depths["unit wms"] == 4
    [shown] = [json.loads(line) for line in run(
        "queues", "show", business, "--json", "--connect", server.h2c).stdout.splitlines()]
    assert [unit["unit"] for unit in shown["units"]] == ["erp", "wms"]
    result = run("queues", "check", business, "--connect", server.h2c)
    assert (result.returncode, result.stdout.splitlines()) == (
        0, ["27 orders: 18 forwarded, 9 waiting, 0 withdrawn, 0 by rules too old to know"])
    [shown] = [json.loads(line) for line in run(
        "queues", "check", business, "--json", "--connect", server.h2c).stdout.splitlines()]
    assert shown == {"checked": "27", "forwarded": "18", "waiting": "9"}
    result = run("queues", "nobody", "--connect", server.h2c)
    assert result.returncode == 76 and "(NOT_FOUND, INTAKE_NOT_FOUND)" in result.stderr
