"""LK1 to LK5 and the counter of LK7: marks, completion, release, leases, tokens."""

import time

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from api import Client, allocation, locking, money, refused, token
from conftest import connect
from pools import HOLDER, allocate, check_counter, complete, counter, make_pool, release, request_id, yuan
from server import Server, eventually


def lock(client, business, number):
    return client.GetLock(business=business, number=number.number).lock


# LK1: no number without its mark


def test_every_number_has_its_mark(client, business):
    make_pool(client, business)
    answer = allocate(client, business, 3)
    for number in answer.numbers:
        mark = lock(client, business, number)
        assert (mark.state, mark.holder, mark.token) == (locking.LOCK_STATE_LIVE, HOLDER, number.token)
        assert mark.lease_id == answer.lease_id and mark.HasField("allocate_time")
        assert abs(mark.expire_time.ToMilliseconds() - number.expire_time.ToMilliseconds()) < 5000


def test_a_number_that_was_not_handed_out_has_no_mark(client, business):
    make_pool(client, business)
    refusal = refused(client.GetLock, business=business, number="SO000001")
    assert refusal.code == grpc.StatusCode.NOT_FOUND


# LK2: Complete


def test_complete_ends_the_mark_and_moves_the_counters(client, business):
    make_pool(client, business)
    numbers = allocate(client, business, 3).numbers
    done = complete(client, business, numbers[:2], yuan(1250))
    assert [number.number for number in done.numbers] == [number.number for number in numbers[:2]]
    mark = lock(client, business, numbers[0])
    assert (mark.state, mark.amount) == (locking.LOCK_STATE_COMPLETED, yuan(1250))
    assert mark.end_time == done.numbers[0].complete_time and not mark.HasField("expire_time")
    after = counter(client, business)
    check_counter(after)
    assert (after.allocated, after.completed, after.live) == (3, 2, 1)
    assert list(after.completed_amounts) == [yuan(2500)]


def test_complete_is_all_or_nothing(client, business):
    make_pool(client, business)
    numbers = allocate(client, business, 2).numbers
    complete(client, business, numbers[1:])
    stale = locking.Completion(
        number=numbers[0].number, token=token.Token(incarnation=numbers[0].token.incarnation, generation=9)
    )
    fresh = allocate(client, business).numbers[0]
    refusal = refused(
        client.Complete, business=business, holder=HOLDER,
        completions=[locking.Completion(number=fresh.number, token=fresh.token), stale],
    )
    assert refusal.reason == "TOKEN_STALE"
    assert lock(client, business, fresh).state == locking.LOCK_STATE_LIVE
    assert counter(client, business).completed == 1


@pytest.mark.parametrize("identity", ["same", "none"])
def test_a_repeated_complete_is_answered_as_the_first(client, business, identity):
    make_pool(client, business)
    numbers = allocate(client, business, 2).numbers
    identity = request_id() if identity == "same" else ""
    first = complete(client, business, numbers, yuan(5), request_id=identity)
    assert complete(client, business, numbers, yuan(5), request_id=identity) == first
    after = counter(client, business)
    assert after.completed == 2 and list(after.completed_amounts) == [yuan(10)]


def test_amounts_add_up_by_currency(client, business):
    make_pool(client, business)
    numbers = allocate(client, business, 4).numbers
    complete(client, business, numbers[:1], money.Money(currency_code="USD", amount_minor=7))
    complete(client, business, numbers[1:3], yuan(11))
    complete(client, business, numbers[3:])
    amounts = counter(client, business).completed_amounts
    assert [(amount.currency_code, amount.amount_minor) for amount in amounts] == [("CNY", 22), ("USD", 7)]


# LK3: Release


def test_release_puts_a_number_back(client, business):
    make_pool(client, business, reuse_policy=allocation.REUSE_POLICY_AT_ONCE)
    numbers = allocate(client, business, 2).numbers
    answer = release(client, business, numbers, "the cart was left")
    assert [number.reusable for number in answer.numbers] == [True, True]
    mark = lock(client, business, numbers[0])
    assert (mark.state, mark.release_reason) == (locking.LOCK_STATE_RELEASED, "the cart was left")
    assert mark.end_time == answer.numbers[0].release_time
    after = counter(client, business)
    check_counter(after)
    assert (after.released, after.live) == (2, 0)


def test_a_repeated_release_is_answered_as_the_first(client, business):
    make_pool(client, business)
    numbers = allocate(client, business).numbers
    first = release(client, business, numbers, request_id="")
    assert release(client, business, numbers, request_id="") == first
    assert counter(client, business).released == 1


def test_what_is_completed_cannot_be_released_nor_the_other_way_round(client, business):
    make_pool(client, business)
    numbers = allocate(client, business, 2).numbers
    complete(client, business, numbers[:1])
    release(client, business, numbers[1:])
    assert refused(release, client, business, numbers[:1]).code == grpc.StatusCode.FAILED_PRECONDITION
    assert refused(complete, client, business, numbers[1:]).code == grpc.StatusCode.FAILED_PRECONDITION


# LK4: leases


def test_many_numbers_hang_on_one_lease(client, business):
    make_pool(client, business)
    lease = client.CreateLease(business=business, holder=HOLDER, ttl=Duration(seconds=60)).lease
    first = allocate(client, business, 3, lease_id=lease.lease_id)
    second = allocate(client, business, 2, lease_id=lease.lease_id)
    assert first.lease_id == second.lease_id == lease.lease_id
    read = client.GetLease(business=business, lease_id=lease.lease_id).lease
    assert (read.holder, read.number_count, read.ttl.seconds) == (HOLDER, 5, 60)
    complete(client, business, first.numbers)
    assert client.GetLease(business=business, lease_id=lease.lease_id).lease.number_count == 2


def test_a_lease_that_runs_out_gives_its_numbers_back(client, business):
    make_pool(client, business, reuse_policy=allocation.REUSE_POLICY_AT_ONCE)
    numbers = allocate(client, business, 3, lease_ttl=Duration(seconds=1)).numbers
    assert eventually(lambda: counter(client, business).expired == 3)
    assert lock(client, business, numbers[0]).state == locking.LOCK_STATE_EXPIRED
    assert refused(complete, client, business, numbers[:1]).code == grpc.StatusCode.FAILED_PRECONDITION
    again = allocate(client, business).numbers[0]
    assert again.number in {number.number for number in numbers} and again.token.generation == 2
    check_counter(counter(client, business))


def test_a_renewed_lease_lives_on(client, business):
    make_pool(client, business)
    lease = client.CreateLease(business=business, holder=HOLDER, ttl=Duration(seconds=2)).lease
    number = allocate(client, business, lease_id=lease.lease_id).numbers[0]
    end = time.monotonic() + 4
    while time.monotonic() < end:
        renewed = client.Renew(business=business, lease_id=lease.lease_id, holder=HOLDER).lease
        assert renewed.expire_time.ToMilliseconds() >= lease.expire_time.ToMilliseconds()
        eventually(lambda: False, seconds=0.3)
    assert lock(client, business, number).state == locking.LOCK_STATE_LIVE
    complete(client, business, [number])


def test_keep_alive_answers_every_message_in_order(client, business):
    make_pool(client, business)
    leases = [client.CreateLease(business=business, holder=HOLDER).lease.lease_id for _ in range(3)]
    order = [leases[i % 3] for i in range(10)]
    requests = (locking.KeepAliveRequest(business=business, lease_id=lease, holder=HOLDER) for lease in order)
    assert [answer.lease.lease_id for answer in client.KeepAlive(requests)] == order


def test_a_refusal_ends_a_keep_alive_stream(client, business):
    make_pool(client, business)
    lease = client.CreateLease(business=business, holder=HOLDER).lease.lease_id
    requests = (
        locking.KeepAliveRequest(business=business, lease_id=identity, holder=HOLDER) for identity in (lease, 987654)
    )
    answers = client.KeepAlive(requests)
    assert next(answers).lease.lease_id == lease
    refusal = refused(next, answers)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "LEASE_NOT_FOUND")


def test_a_pool_may_do_without_leases(client, business):
    make_pool(client, business, lease_mode=allocation.LEASE_MODE_NONE)
    answer = allocate(client, business)
    assert answer.lease_id == 0 and not answer.numbers[0].HasField("expire_time")


def test_a_lease_is_not_cut_short_by_a_restart(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, "shop")
        number = allocate(client, "shop", lease_ttl=Duration(seconds=3)).numbers[0]
        server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        assert lock(client, "shop", number).state == locking.LOCK_STATE_LIVE
        complete(client, "shop", [number])


# LK5: tokens


@pytest.mark.parametrize("call", ["complete", "release"])
@pytest.mark.parametrize("change", [("generation", 1), ("incarnation", 1)])
def test_a_stale_or_foreign_token_is_refused(client, business, call, change):
    make_pool(client, business)
    number = allocate(client, business).numbers[0]
    field, more = change
    wrong = allocation.AllocatedNumber()
    wrong.CopyFrom(number)
    setattr(wrong.token, field, getattr(number.token, field) ^ more)
    refusal = refused({"complete": complete, "release": release}[call], client, business, [wrong])
    assert refusal.code == grpc.StatusCode.FAILED_PRECONDITION
    assert refusal.reason in ("TOKEN_STALE", "TOKEN_FOREIGN"), refusal.reason
    assert lock(client, business, number).state == locking.LOCK_STATE_LIVE


def test_another_holder_is_refused(client, business):
    make_pool(client, business)
    number = allocate(client, business).numbers[0]
    refusal = refused(complete, client, business, [number], holder="somebody else")
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "HOLDER_MISMATCH")


# LK7: the counter


def test_the_counter_accounts_for_every_serial(client, business):
    make_pool(client, business, "N{serial:3}", reuse_policy=allocation.REUSE_POLICY_AT_ONCE)
    numbers = allocate(client, business, 10).numbers
    complete(client, business, numbers[:4], yuan(100))
    release(client, business, numbers[4:7])
    allocate(client, business, 1)
    now = counter(client, business)
    check_counter(now)
    assert (now.allocated, now.completed, now.released, now.reused, now.live) == (11, 4, 3, 1, 4)
    # Never handed out and in stock, or given back and in stock, or with somebody, or completed.
    assert now.remaining_in_pool == now.generated - 10 + 2
    assert now.generated + now.remaining_in_period == 999
