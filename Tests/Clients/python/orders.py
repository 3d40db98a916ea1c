"""Intakes, units and orders as tests of forwarding need them."""

from google.protobuf.duration_pb2 import Duration

from api import forwarding as f
from server import eventually

IN_LANE = f.ORDER_STATE_IN_LANE
QUARANTINED = f.ORDER_STATE_QUARANTINED
HELD = f.ORDER_STATE_HELD
FORWARDED = f.ORDER_STATE_FORWARDED
AWAITING = f.ORDER_STATE_AWAITING_GOODS
BEHIND = f.ORDER_STATE_BEHIND
WITHDRAWN = f.ORDER_STATE_WITHDRAWN


def settings(lanes=4, window_ms=0, batch_size=0, retention_s=None):
    window = Duration()
    window.FromMilliseconds(window_ms)
    retention = None if retention_s is None else Duration(seconds=retention_s)
    return f.IntakeSettings(lanes=lanes, window=window, batch_size=batch_size, retention=retention)


def put_intake(client, business, lanes=4, window_ms=0, batch_size=0, retention_s=None, **fields):
    return client.PutIntake(
        business=business, settings=settings(lanes, window_ms, batch_size, retention_s), **fields)


def put_unit(client, business, name, *codes, **fields):
    return client.PutUnit(unit=f.Unit(business=business, name=name, codes=codes), **fields)


def order(number, code="A", key="", body=b"", version=0, items=()):
    return f.Order(number=str(number), code=code, key=key, body=body, version=version, items=items)


def item(good, quantity=1):
    return f.OrderItem(good=good, quantity=quantity)


def submit(client, business, *orders, **fields):
    """The sequences of orders."""
    return [one.sequence for one in client.Submit(business=business, orders=orders, **fields).orders]


def get(client, business, number, **fields):
    return client.GetOrder(business=business, number=str(number), **fields)


def intake(client, business):
    return client.GetIntake(business=business).intake


def forwarded(client, business):
    """Waits until no lane has an order left."""
    def is_done():
        now = intake(client, business)
        return not now.behind_change and not any(lane.depth for lane in now.lanes)

    assert eventually(is_done)


def queue(client, business, unit, page_size=0):
    """What is in a unit's queue, page by page."""
    found, token = [], ""
    while True:
        page = client.ListQueuedOrders(business=business, unit=unit, page_size=page_size, page_token=token)
        found += page.orders
        token = page.next_page_token
        if not token:
            return found


def numbers(client, business, unit, **fields):
    return [one.order.number for one in queue(client, business, unit, **fields)]
