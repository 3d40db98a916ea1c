"""Who changed what of a pool, and when."""

import time

import grpc
from google.protobuf.field_mask_pb2 import FieldMask

from api import Client, allocation, refused, wrong_fields
from conftest import connect
from pools import make_pool, request_id
from server import Server


def changes(client, business, **fields):
    return client.ListPoolChanges(business=business, **fields)


def rows(client, business):
    return [(one.kind, one.detail, one.reason) for one in changes(client, business).changes]


def update(client, business, **fields):
    client.UpdatePool(
        pool=allocation.Pool(business=business, **fields), update_mask=FieldMask(paths=list(fields)),
        request_id=request_id(),
    )


def test_every_change_is_kept_and_what_changes_nothing_is_not(client, business):
    before = time.time()
    make_pool(client, business, "N{serial:6}", low_watermark=0, high_watermark=0)
    update(client, business, holder_quota=9, quarantine={"seconds": 5})
    update(client, business, holder_quota=9)
    for _ in range(2):
        client.StopGeneration(business=business, reason="stock-taking")
    client.StopBusiness(business=business, reason="holiday")
    for _ in range(2):
        client.ResumeGeneration(business=business, reason="counted", lift_warnings=True)
    client.ResumeBusiness(business=business)
    for limit in 5, 5, None:
        client.SetQuota(business=business, quota=allocation.Quota(holder="till", limit=limit))
    client.SetQuota(business=business, quota=allocation.Quota(principal="dns:till", limit=1))
    completed = allocation.NumberImport(number="N000002", holder="x", completion=allocation.ImportedCompletion())
    numbers = [allocation.NumberImport(number="N000001", holder="x"), completed]
    client.ImportNumbers(business=business, numbers=numbers)
    refused(client.ImportNumbers, business=business, numbers=numbers)
    found = changes(client, business).changes
    assert [one.sequence for one in found] == list(range(10, 0, -1))
    assert all(abs(one.time.ToMicroseconds() / 1e6 - before) < 30 and not one.principal for one in found)
    kind = allocation.PoolChangeKind.Value
    assert rows(client, business)[::-1] == [
        (kind("POOL_CHANGE_KIND_CREATED"), "N{serial:6}", ""),
        (kind("POOL_CHANGE_KIND_UPDATED"), "quarantine, holder_quota", ""),
        (kind("POOL_CHANGE_KIND_GENERATION_STOPPED"), "", "stock-taking"),
        (kind("POOL_CHANGE_KIND_BUSINESS_STOPPED"), "", "holiday"),
        (kind("POOL_CHANGE_KIND_GENERATION_RESUMED"), "with the stops of warnings", "counted"),
        (kind("POOL_CHANGE_KIND_BUSINESS_RESUMED"), "", ""),
        (kind("POOL_CHANGE_KIND_QUOTA_SET"), "holder till: 5", ""),
        (kind("POOL_CHANGE_KIND_QUOTA_SET"), "holder till: none of its own", ""),
        (kind("POOL_CHANGE_KIND_QUOTA_SET"), "dns:till: 1", ""),
        (kind("POOL_CHANGE_KIND_NUMBERS_IMPORTED"), "1 live, 1 completed", ""),
    ]


def test_changes_are_paged_and_survive_kill_9(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, "shop")
        for quota in range(1, 8):
            update(client, "shop", holder_quota=quota)
        server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        update(client, "shop", holder_quota=100)
        found, token = [], ""
        while True:
            page = changes(client, "shop", page_size=4, page_token=token)
            found += [one.sequence for one in page.changes]
            token = page.next_page_token
            if not token:
                break
        assert found == list(range(9, 0, -1))


def test_refusals(client, business):
    assert refused(changes, client, "none").reason == "POOL_NOT_FOUND"
    assert wrong_fields(refused(changes, client, "a b")) == ["business"]
    make_pool(client, business)
    for size in -1, 1001:
        refusal = refused(changes, client, business, page_size=size)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "PAGE_SIZE_OUT_OF_RANGE")
    for token in "x", "0", "-1", "99999999999999999999":
        assert refused(changes, client, business, page_token=token).reason == "PAGE_TOKEN_INVALID"
