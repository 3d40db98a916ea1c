"""How many live numbers a holder may have: by the pool, by a quota of its own, and by its certificate."""

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask

from api import Client, allocation, refused, wrong_fields
from conftest import connect
from pools import allocate, complete, counter, make_pool, release, request_id
from server import Server, eventually

INVALID = grpc.StatusCode.INVALID_ARGUMENT
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED


def exceeded(limit, live, call, *arguments, **fields):
    refusal = refused(call, *arguments, **fields)
    assert (refusal.code, refusal.reason) == (EXHAUSTED, "HOLDER_QUOTA_EXCEEDED")
    assert refusal.metadata == {"limit": str(limit), "live": str(live)}


def set_quota(client, business, limit=None, **subject):
    return client.SetQuota(business=business, quota=allocation.Quota(limit=limit, **subject)).quota


def test_the_pools_quota_counts_what_each_holder_has(client, business):
    pool = make_pool(client, business, holder_quota=3, reuse_policy=allocation.REUSE_POLICY_AT_ONCE)
    assert pool.holder_quota == 3
    numbers = allocate(client, business, 3).numbers
    exceeded(3, 3, allocate, client, business)
    exceeded(3, 0, allocate, client, business, 4, holder="another")
    allocate(client, business, 3, holder="another")
    complete(client, business, numbers[:1])
    release(client, business, numbers[1:2])
    exceeded(3, 1, allocate, client, business, 3)
    allocate(client, business, lease_ttl=Duration(seconds=1))
    assert eventually(lambda: counter(client, business).expired == 1)
    allocate(client, business, 2)
    client.UpdatePool(pool=allocation.Pool(business=business), update_mask=FieldMask(paths=["holder_quota"]))
    assert not client.GetPool(business=business).pool.HasField("holder_quota")
    allocate(client, business, 100)


def test_a_holders_own_quota(client, business):
    make_pool(client, business, holder_quota=1)
    assert set_quota(client, business, 3, holder="big") == allocation.Quota(holder="big", limit=3)
    allocate(client, business, 3, holder="big")
    assert set_quota(client, business, 2, holder="big") == allocation.Quota(holder="big", limit=2, live=3)
    exceeded(2, 3, allocate, client, business, holder="big")
    assert set_quota(client, business, holder="big") == allocation.Quota(holder="big", live=3)
    exceeded(1, 3, allocate, client, business, holder="big")
    set_quota(client, business, 0, holder="none")
    exceeded(0, 0, allocate, client, business, holder="none")


def test_quotas_are_listed(client, business):
    make_pool(client, business)
    for holder in "b", "\u0301a", "a":
        set_quota(client, business, 5, holder=holder)
    set_quota(client, business, 6, principal="dns:x")
    allocate(client, business, 2, holder="a")
    listed, token = [], ""
    while True:
        page = client.ListQuotas(business=business, page_size=1, page_token=token)
        listed += page.quotas
        token = page.next_page_token
        if not token:
            break
    assert listed == [
        allocation.Quota(holder="a", limit=5, live=2), allocation.Quota(holder="b", limit=5),
        allocation.Quota(holder="\u0301a", limit=5), allocation.Quota(principal="dns:x", limit=6),
    ]
    assert list(client.ListQuotas(business=business).quotas) == listed


def test_a_quota_is_repeated_by_its_request_id_and_survives_kill_9(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, "shop", holder_quota=4)
        allocate(client, "shop", 3)
        quota = {"business": "shop", "quota": allocation.Quota(holder="x", limit=7), "request_id": request_id()}
        first = client.SetQuota(**quota)
        assert first.repeatable
        set_quota(client, "shop", 8, holder="x")
        assert client.SetQuota(**quota) == first
        server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        assert list(client.ListQuotas(business="shop").quotas) == [allocation.Quota(holder="x", limit=8)]
        exceeded(4, 3, allocate, client, "shop", 2)
        allocate(client, "shop", 8, holder="x")


@pytest.mark.parametrize(
    "quota, reason, field",
    [
        (allocation.Quota(limit=1), "QUOTA_SUBJECT_MISSING", "quota"),
        (allocation.Quota(holder="", limit=1), "HOLDER_INVALID", "quota.holder"),
        (allocation.Quota(holder="a" * 129, limit=1), "HOLDER_INVALID", "quota.holder"),
        (allocation.Quota(principal="", limit=1), "PRINCIPAL_INVALID", "quota.principal"),
        (allocation.Quota(principal="a" * 1025, limit=1), "PRINCIPAL_INVALID", "quota.principal"),
        (allocation.Quota(holder="a", limit=-1), "QUOTA_OUT_OF_RANGE", "quota.limit"),
        (allocation.Quota(holder="a", limit=10_000_001), "QUOTA_OUT_OF_RANGE", "quota.limit"),
    ],
)
def test_a_quota_that_is_refused(client, business, quota, reason, field):
    make_pool(client, business)
    refusal = refused(client.SetQuota, business=business, quota=quota)
    assert (refusal.code, refusal.reason, wrong_fields(refusal)) == (INVALID, reason, [field])
    assert not client.ListQuotas(business=business).quotas


def test_other_refusals(client, business):
    for call in client.SetQuota, client.ListQuotas:
        assert refused(call, business="none").reason == "POOL_NOT_FOUND"
        assert wrong_fields(refused(call, business="a b")) == ["business"]
    refusal = refused(make_pool, client, business, holder_quota=-1)
    assert (refusal.reason, wrong_fields(refusal)) == ("SETTING_OUT_OF_RANGE", ["pool.holder_quota"])
    make_pool(client, business)
    for page_size in -1, 1001:
        assert refused(client.ListQuotas, business=business, page_size=page_size).reason == "PAGE_SIZE_OUT_OF_RANGE"
    assert refused(client.ListQuotas, business=business, page_token="x").reason == "PAGE_TOKEN_INVALID"


def test_a_pool_has_only_so_many_quotas(client, business):
    make_pool(client, business)
    call = client._stubs[0].SetQuota
    futures = [
        call.future(allocation.SetQuotaRequest(business=business, quota=allocation.Quota(holder=f"h{place}", limit=1)))
        for place in range(10_000)
    ]
    assert all(future.result(60) for future in futures)
    refusal = refused(set_quota, client, business, 1, holder="one more")
    assert (refusal.code, refusal.reason, refusal.metadata) == (EXHAUSTED, "QUOTAS_EXHAUSTED", {"limit": "10000"})
    set_quota(client, business, holder="h0")
    set_quota(client, business, 1, holder="one more")
