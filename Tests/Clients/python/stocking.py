"""What the tests of stock say again and again."""

import csv
import io
import itertools
import time

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from api import stock as s

_ids = itertools.count(1)
DAY = 86_400


def movement(kind, good="tea", quantity=1, **fields):
    """A movement of a kind by its last words, with an id of its own."""
    fields = {"id": f"m{next(_ids)}", "good": good, "quantity": quantity, **fields}
    return s.Movement(kind=s.MovementKind.Value(f"MOVEMENT_KIND_{kind}"), **fields)


def record(client, business, *movements, **fields):
    return client.RecordMovements(business=business, movements=movements, **fields).movements


def put_policy(client, business, good="tea", reorder_point=20, target=80, lead=0, **fields):
    policy = s.Policy(
        good=good, reorder_point=reorder_point, target=target, lead_time=Duration(seconds=lead), **fields)
    return client.PutPolicies(business=business, policies=[policy])


def figures(client, business, good="tea"):
    """On hand, in transit, reserved, shipped."""
    found = client.GetStock(business=business, good=good).stock.figures
    return found.on_hand, found.in_transit, found.reserved, found.shipped


def microseconds(value):
    stamp = Timestamp()
    stamp.FromMicroseconds(value)
    return stamp


def form_key(end=None, length=7 * DAY * 1_000_000, start=None, policies_version=0):
    """The window of a week that ends now, or at another time, in µs."""
    end = time.time_ns() // 1_000 if end is None else end
    start = end - length if start is None else start
    return s.FormKey(
        window_start=microseconds(start), window_end=microseconds(end), policies_version=policies_version)


def export(client, business, key):
    """A form's CSV."""
    pieces = list(client.stub("ExportForm")(s.ExportFormRequest(business=business, form=key), timeout=20))
    assert all(not piece.HasField("form") for piece in pieces[1:])
    return b"".join(piece.csv for piece in pieces)


def rows(text):
    """The lines of CSV by the names of their columns."""
    return list(csv.DictReader(io.StringIO(text.decode(), newline="")))


def pages(call, field, **fields):
    """All items of a list, page by page, and how many pages there were."""
    items, token, count = [], "", 0
    while True:
        page = call(page_token=token, **fields)
        items += getattr(page, field)
        count += 1
        token = page.next_page_token
        if not token:
            return items, count
