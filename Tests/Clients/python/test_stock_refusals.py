"""Every refusal of StockService by its code, reason and field, and that a refused call has changed nothing."""

import time

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from api import Client, error_details, refusal, refused, stock as s, wrong_fields
from conftest import connect
from pools import request_id
from server import Server
from stocking import DAY, figures, form_key, microseconds, movement, put_policy, record

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
EXISTS = grpc.StatusCode.ALREADY_EXISTS
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
LONG = 10**12
ORDER = s.OPEN_KIND_ORDER
ON_HAND, TO_ORDER = s.FIGURE_KIND_ON_HAND, s.FIGURE_KIND_QUANTITY_TO_ORDER


def moves(*movements):
    return lambda client, business: client.RecordMovements(business=business, movements=movements)


def one(kind="RECEIVED", **fields):
    return moves(movement("RECEIVED"), movement(kind, **fields))


def policies(*given):
    return lambda client, business: client.PutPolicies(business=business, policies=given)


def policy(good="tea", **fields):
    return policies(s.Policy(good="rice"), s.Policy(good=good, **fields))


def form(**fields):
    return lambda client, business: client.GetForm(business=business, form=form_key(**fields))


def ask(method, **fields):
    return lambda client, business: getattr(client, method)(business=business, **fields)


NOW = time.time_ns() // 1_000
M1, P1 = "movements[1]", "policies[1]"

REFUSALS = [
    (ask("RecordMovements"), INVALID, "MOVEMENTS_OUT_OF_RANGE", "movements"),
    (moves(*[movement("RECEIVED")] * 1_001), INVALID, "MOVEMENTS_OUT_OF_RANGE", "movements"),
    (one(id=""), INVALID, "MOVEMENT_ID_INVALID", M1 + ".id"),
    (one(id="i" * 129), INVALID, "MOVEMENT_ID_INVALID", M1 + ".id"),
    (one(id="a\nb"), INVALID, "MOVEMENT_ID_INVALID", M1 + ".id"),
    (one(good=""), INVALID, "GOOD_INVALID", M1 + ".good"),
    (one(good="g" * 65), INVALID, "GOOD_INVALID", M1 + ".good"),
    (one(good="g\x7f"), INVALID, "GOOD_INVALID", M1 + ".good"),
    (one("UNSPECIFIED"), INVALID, "KIND_INVALID", M1 + ".kind"),
    (moves(s.Movement(id="i", good="tea", kind=99, quantity=1)), INVALID, "KIND_INVALID", "movements[0].kind"),
    (one(quantity=0), INVALID, "QUANTITY_OUT_OF_RANGE", M1 + ".quantity"),
    (one("SHIPPED", quantity=0), INVALID, "QUANTITY_OUT_OF_RANGE", M1 + ".quantity"),
    (one("RESERVED", order="o", quantity=0), INVALID, "QUANTITY_OUT_OF_RANGE", M1 + ".quantity"),
    (one("COUNTED", quantity=-1), INVALID, "QUANTITY_OUT_OF_RANGE", M1 + ".quantity"),
    (one(quantity=LONG + 1), INVALID, "QUANTITY_OUT_OF_RANGE", M1 + ".quantity"),
    (one(quantity=-2**63), INVALID, "QUANTITY_OUT_OF_RANGE", M1 + ".quantity"),
    (one(order="o"), INVALID, "ORDER_REFUSED", M1 + ".order"),
    (one("COUNTED", order="o"), INVALID, "ORDER_REFUSED", M1 + ".order"),
    (one("IN_TRANSIT", order="o", consignment="c"), INVALID, "ORDER_REFUSED", M1 + ".order"),
    (one("RESERVED"), INVALID, "ORDER_INVALID", M1 + ".order"),
    (one("RELEASED"), INVALID, "ORDER_INVALID", M1 + ".order"),
    (one("SHIPPED", order="o" * 129), INVALID, "ORDER_INVALID", M1 + ".order"),
    (one("SHIPPED", order="a\tb"), INVALID, "ORDER_INVALID", M1 + ".order"),
    (one("SHIPPED", consignment="c"), INVALID, "CONSIGNMENT_REFUSED", M1 + ".consignment"),
    (one("COUNTED", consignment="c"), INVALID, "CONSIGNMENT_REFUSED", M1 + ".consignment"),
    (one("RESERVED", order="o", consignment="c"), INVALID, "CONSIGNMENT_REFUSED", M1 + ".consignment"),
    (one("IN_TRANSIT"), INVALID, "CONSIGNMENT_INVALID", M1 + ".consignment"),
    (one("TRANSIT_ENDED"), INVALID, "CONSIGNMENT_INVALID", M1 + ".consignment"),
    (one(consignment="c" * 129), INVALID, "CONSIGNMENT_INVALID", M1 + ".consignment"),
    (one("RELEASED", order="o"), PRECONDITION, "OPEN_QUANTITY_EXCEEDED", M1 + ".quantity"),
    (one("TRANSIT_ENDED", consignment="c"), PRECONDITION, "OPEN_QUANTITY_EXCEEDED", M1 + ".quantity"),

    (ask("PutPolicies"), INVALID, "POLICIES_OUT_OF_RANGE", "policies"),
    (policies(*(s.Policy(good=f"g{n}") for n in range(1_001))), INVALID, "POLICIES_OUT_OF_RANGE", "policies"),
    (ask("DeletePolicies"), INVALID, "POLICIES_OUT_OF_RANGE", "goods"),
    (policy(good=""), INVALID, "GOOD_INVALID", P1 + ".good"),
    (policy(good="rice"), INVALID, "GOOD_TWICE", P1 + ".good"),
    (ask("DeletePolicies", goods=["tea", "tea"]), INVALID, "GOOD_TWICE", "goods[1]"),
    (ask("DeletePolicies", goods=["\n"]), INVALID, "GOOD_INVALID", "goods[0]"),
    (ask("DeletePolicies", goods=["tea"]), NOT_FOUND, "POLICY_NOT_FOUND", "goods[0]"),
    (policy(reorder_point=-1), INVALID, "POLICY_OUT_OF_RANGE", P1 + ".reorder_point"),
    (policy(reorder_point=5, target=4), INVALID, "POLICY_OUT_OF_RANGE", P1 + ".target"),
    (policy(target=LONG + 1), INVALID, "POLICY_OUT_OF_RANGE", P1 + ".target"),
    (policy(pack_size=-1), INVALID, "POLICY_OUT_OF_RANGE", P1 + ".pack_size"),
    (policy(lead_time=Duration(seconds=-1)), INVALID, "POLICY_OUT_OF_RANGE", P1 + ".lead_time"),
    (policy(lead_time=Duration(nanos=1_000)), INVALID, "POLICY_OUT_OF_RANGE", P1 + ".lead_time"),
    (policy(lead_time=Duration(seconds=367 * DAY)), INVALID, "POLICY_OUT_OF_RANGE", P1 + ".lead_time"),

    (ask("GetStock", good=""), INVALID, "GOOD_INVALID", "good"),
    (ask("GetStock", good="tea"), NOT_FOUND, "GOOD_NOT_FOUND", "good"),
    (ask("ListStock", page_size=-1), INVALID, "PAGE_SIZE_OUT_OF_RANGE", "page_size"),
    (ask("ListStock", page_size=1_001), INVALID, "PAGE_SIZE_OUT_OF_RANGE", "page_size"),
    (ask("ListStock", page_token="\n"), INVALID, "PAGE_TOKEN_INVALID", "page_token"),
    (ask("ListOpenQuantities", good="tea", kind=ORDER), NOT_FOUND, "GOOD_NOT_FOUND", "good"),
    (ask("ListOpenQuantities", good="", kind=ORDER), INVALID, "GOOD_INVALID", "good"),
    (ask("ListOpenQuantities", good="tea"), INVALID, "OPEN_KIND_INVALID", "kind"),
    (ask("ListOpenQuantities", good="tea", kind=ORDER, page_size=-1), INVALID, "PAGE_SIZE_OUT_OF_RANGE",
     "page_size"),
    (ask("ListOpenQuantities", good="tea", kind=ORDER, page_token="\n"), INVALID, "PAGE_TOKEN_INVALID",
     "page_token"),

    (ask("GetForm"), INVALID, "MESSAGE_MISSING", "form"),
    (ask("GetForm", form=s.FormKey(window_end=microseconds(NOW))), INVALID, "WINDOW_INVALID", "form.window_start"),
    (ask("GetForm", form=s.FormKey(window_start=microseconds(NOW))), INVALID, "WINDOW_INVALID", "form.window_end"),
    (form(start=NOW, end=NOW), INVALID, "WINDOW_INVALID", "form.window_end"),
    (form(length=366 * DAY * 1_000_000 + 1), INVALID, "WINDOW_INVALID", "form.window_end"),
    (ask("GetForm", form=s.FormKey(window_start=Timestamp(nanos=-1), window_end=microseconds(NOW))), INVALID,
     "WINDOW_INVALID", "form.window_start"),
    (ask("GetForm", form=s.FormKey(window_start=microseconds(NOW), window_end=Timestamp(seconds=2**62))), INVALID,
     "WINDOW_INVALID", "form.window_end"),
    (form(policies_version=-1), INVALID, "POLICIES_VERSION_INVALID", "form.policies_version"),
    (form(policies_version=1), INVALID, "POLICIES_VERSION_INVALID", "form.policies_version"),
    (ask("GetForm", form=form_key(), page_size=-1), INVALID, "PAGE_SIZE_OUT_OF_RANGE", "page_size"),
    (ask("GetForm", form=form_key(), page_token="\n"), INVALID, "PAGE_TOKEN_INVALID", "page_token"),

    (ask("ExplainFigure", good="", figure=ON_HAND), INVALID, "GOOD_INVALID", "good"),
    (ask("ExplainFigure", good="tea", figure=ON_HAND), NOT_FOUND, "GOOD_NOT_FOUND", "good"),
    (ask("ExplainFigure", good="tea"), INVALID, "FIGURE_INVALID", "figure"),
    (ask("ExplainFigure", good="tea", figure=TO_ORDER), INVALID, "MESSAGE_MISSING", "form"),
    (ask("ExplainFigure", good="tea", figure=ON_HAND, page_size=-1), INVALID, "PAGE_SIZE_OUT_OF_RANGE",
     "page_size"),
    (ask("ExplainFigure", good="tea", figure=ON_HAND, page_token="1.2.3"), INVALID, "PAGE_TOKEN_INVALID",
     "page_token"),
]


@pytest.mark.parametrize("call, code, reason, field", REFUSALS, ids=lambda value: getattr(value, "name", str(value)))
def test_refusals(client, business, call, code, reason, field):
    got = refused(call, client, business)
    assert (got.code, got.reason) == (code, reason)
    assert field in (got.metadata.get("field"), *wrong_fields(got))
    assert not client.ListStock(business=business).stock
    assert put_policy(client, business).policies_version == 1


def test_every_method_looks_at_the_business(client):
    for method in ("RecordMovements", "GetStock", "ListStock", "ListOpenQuantities", "PutPolicies",
                   "DeletePolicies", "GetForm", "ExplainFigure"):
        got = refused(getattr(client, method), business="no business")
        assert (got.code, got.reason, wrong_fields(got)) == (INVALID, "BUSINESS_INVALID", ["business"]), method


def test_another_movement_by_the_same_id(client, business):
    first = movement("RECEIVED", quantity=5)
    record(client, business, first)
    for change in ({"quantity": 6}, {"good": "rice"}, {"consignment": "c"}, {"kind": s.MOVEMENT_KIND_SHIPPED}):
        other = s.Movement()
        other.CopyFrom(first)
        other.MergeFrom(s.Movement(**change))
        got = refused(record, client, business, movement("RECEIVED"), other)
        assert (got.code, got.reason) == (EXISTS, "MOVEMENT_CHANGED")
        assert got.metadata == {"field": "movements[1]", "sequence": "1"}
    assert figures(client, business) == (5, 0, 0, 0)
    twice = movement("RECEIVED", id="twice"), movement("SHIPPED", id="twice")
    assert refused(record, client, business, *twice).reason == "MOVEMENT_CHANGED"
    assert figures(client, business) == (5, 0, 0, 0)


def test_more_than_is_open(client, business):
    record(client, business, movement("RESERVED", quantity=5, order="o"))
    got = refused(record, client, business, movement("RECEIVED"), movement("RELEASED", quantity=6, order="o"))
    assert (got.code, got.reason) == (PRECONDITION, "OPEN_QUANTITY_EXCEEDED")
    assert got.metadata == {"field": "movements[1].quantity", "open": "5"}
    assert figures(client, business) == (0, 0, 5, 0)


def test_a_figure_has_a_bound(client, business):
    record(client, business, *(movement("RECEIVED", quantity=LONG) for _ in range(1_000)))
    got = refused(record, client, business, movement("RECEIVED"))
    assert (got.code, got.reason) == (PRECONDITION, "FIGURE_OUT_OF_RANGE")
    assert got.metadata == {"field": "movements[0]"}
    assert figures(client, business) == (10**15, 0, 0, 0)


def test_a_request_id_is_of_one_request(client, business):
    same = request_id()
    record(client, business, movement("RECEIVED"), request_id=same)
    got = refused(record, client, business, movement("RECEIVED"), request_id=same)
    assert (got.code, got.reason) == (EXISTS, "REQUEST_ID_REUSED")


def test_a_window_that_has_not_ended(client, business):
    key = form_key(end=time.time_ns() // 1_000 + 60_000_000)
    got = refused(client.GetForm, business=business, form=key)
    assert (got.code, got.reason, got.metadata) == (PRECONDITION, "WINDOW_OPEN", {"field": "form.window_end"})
    [retry] = [detail for detail in got.details if isinstance(detail, error_details.RetryInfo)]
    assert 50 <= retry.retry_delay.seconds <= 61
    assert refused(client.ExplainFigure, business=business, good="tea", figure=TO_ORDER, form=key).reason == "WINDOW_OPEN"


@pytest.mark.parametrize("request_, reason, field", [
    (s.ExportFormRequest(business="no business"), "BUSINESS_INVALID", "business"),
    (s.ExportFormRequest(business="shop"), "MESSAGE_MISSING", "form"),
    (s.ExportFormRequest(business="shop", form=form_key(policies_version=9)), "POLICIES_VERSION_INVALID",
     "form.policies_version"),
])
def test_exports(client, request_, reason, field):
    with pytest.raises(grpc.RpcError) as error:
        list(client.stub("ExportForm")(request_, timeout=20))
    got = refusal(error.value)
    assert (got.code, got.reason, wrong_fields(got)) == (INVALID, reason, [field])


def test_explanations_of_forms(client, business):
    record(client, business, movement("RECEIVED"))
    key = form_key()
    got = refused(client.ExplainFigure, business=business, good="tea", figure=TO_ORDER, form=key)
    assert (got.code, got.reason, got.metadata) == (NOT_FOUND, "POLICY_NOT_FOUND", {"field": "good"})
    # A token that would show what came after the form.
    ahead = f"{2**62}.1.{2**62}.1"
    got = refused(client.ExplainFigure, business=business, good="tea", figure=ON_HAND, form=key, page_token=ahead)
    assert (got.code, got.reason, wrong_fields(got)) == (INVALID, "PAGE_TOKEN_INVALID", ["page_token"])


EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize("setting, limit, reason, filling, more, still", [
    ("goods", 2, "GOODS_EXHAUSTED",
     [movement("RECEIVED", "tea"), movement("RECEIVED", "rice")], movement("RECEIVED", "salt"),
     movement("RECEIVED", "tea")),
    ("open-quantities", 2, "OPEN_QUANTITIES_EXHAUSTED",
     [movement("RESERVED", order="o"), movement("IN_TRANSIT", consignment="c")], movement("RESERVED", order="p"),
     movement("RELEASED", order="o", quantity=0)),
    ("movements", 2, "LEDGER_EXHAUSTED",
     [movement("RESERVED", order="o", quantity=5), movement("IN_TRANSIT", consignment="c", quantity=5)],
     movement("SHIPPED", order="o", quantity=4), movement("SHIPPED", order="o", quantity=5)),
    ("movements", 2, "LEDGER_EXHAUSTED",
     [movement("RESERVED", order="o", quantity=5), movement("IN_TRANSIT", consignment="c", quantity=5)],
     movement("RECEIVED", consignment="c", quantity=4), movement("TRANSIT_ENDED", consignment="c", quantity=0)),
])
def test_what_a_server_takes_on(tmp_path, setting, limit, reason, filling, more, still):
    with Server(tmp_path, f"--max-{setting}", limit) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        record(client, "shop", *filling)
        before = client.ListStock(business="shop")
        got = refused(record, client, "shop", more)
        assert (got.code, got.reason, got.metadata) == (EXHAUSTED, reason, {"limit": str(limit)})
        assert refused(record, client, "other", more).reason == reason
        assert client.ListStock(business="shop") == before
        assert all(entry.duplicate for entry in record(client, "shop", *filling)), "what is there may come again"
        record(client, "shop", still)
        if setting == "goods":
            assert refused(put_policy, client, "shop", good="salt").reason == reason
            put_policy(client, "shop", good="tea")


def test_how_many_policies_a_server_keeps(tmp_path):
    with Server(tmp_path, "--max-policies", 2) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        put_policy(client, "shop")
        put_policy(client, "shop", target=90)
        got = refused(put_policy, client, "shop", target=80)
        assert (got.code, got.reason, got.metadata) == (EXHAUSTED, "POLICIES_EXHAUSTED", {"limit": "2"})
        assert put_policy(client, "shop", target=90).policies_version == 2
        # To delete always has room.
        assert client.DeletePolicies(business="shop", goods=["tea"]).policies_version == 3
        assert refused(put_policy, client, "shop").reason == "POLICIES_EXHAUSTED"
