"""ListLocks: pages, filters, refusals; and with WatchLocks a copy that stays right."""

import random
import threading

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from api import Client, allocation, locking, refused, wrong_fields
from conftest import connect
from pools import allocate, complete, make_pool, release, yuan
from server import Server
from watching import Copy, Watch, list_locks

INVALID = grpc.StatusCode.INVALID_ARGUMENT
AT_ONCE = allocation.REUSE_POLICY_AT_ONCE
LIVE, COMPLETED, RELEASED, EXPIRED = (
    locking.LOCK_STATE_LIVE, locking.LOCK_STATE_COMPLETED, locking.LOCK_STATE_RELEASED, locking.LOCK_STATE_EXPIRED,
)


def without_expiry(lock):
    """What it shows of one expiry differs by microseconds from call to call, as it is of two clocks."""
    copy = locking.Lock()
    copy.CopyFrom(lock)
    copy.ClearField("expire_time")
    return copy


def test_a_list_shows_each_mark_as_it_is(client, business):
    make_pool(client, business, min_lease_ttl=Duration(seconds=1))
    live = allocate(client, business, 5, "a").numbers
    done = allocate(client, business, 3, "b").numbers
    back = allocate(client, business, 2, "c").numbers
    complete(client, business, done, yuan(7), "b")
    with Watch(client, business) as watch:
        release(client, business, back, "not wanted", "c")
        gone = allocate(client, business, 1, "d", lease_ttl=Duration(seconds=1)).numbers
        watch.events(4)
    locks, _, pages = list_locks(client, business)
    assert pages == 1
    everything = [*live, *done, *back, *gone]
    assert {lock.number for lock in locks} == {number.number for number in everything} and len(locks) == 11
    for lock in locks:
        assert without_expiry(lock) == without_expiry(client.GetLock(business=business, number=lock.number).lock)
        assert lock.last_event > 0 and lock.HasField("expire_time") == (lock.state == LIVE)
    assert [lock.state for lock in locks] == [LIVE] * 5 + [COMPLETED] * 3 + sorted([RELEASED, RELEASED, EXPIRED])


def test_filters_choose_marks(client, business):
    make_pool(client, business)
    short = allocate(client, business, 2, "a", lease_ttl=Duration(seconds=60)).numbers
    long = allocate(client, business, 3, "b", lease_ttl=Duration(seconds=3600)).numbers
    done = allocate(client, business, 4, "a").numbers
    complete(client, business, done[:3], holder="a")
    release(client, business, done[3:], holder="a")

    def listed(**fields):
        return {lock.number for lock in list_locks(client, business, page_size=2, **fields)[0]}

    def names(*groups):
        return {number.number for group in groups for number in group}

    assert listed() == names(short, long, done)
    assert listed(holder="a") == names(short, done)
    assert listed(holder="nobody") == set()
    assert listed(states=[LIVE]) == names(short, long)
    assert listed(states=[COMPLETED]) == names(done[:3])
    assert listed(states=[RELEASED]) == names(done[3:]) and listed(states=[EXPIRED]) == set()
    assert listed(states=[LIVE, RELEASED], holder="a") == names(short, done[3:])
    soon = Timestamp()
    soon.GetCurrentTime()
    soon.seconds += 600
    assert listed(expire_before=soon) == names(short)
    assert listed(expire_before=soon, holder="b") == set()
    soon.seconds += 3600
    assert listed(expire_before=soon) == names(short, long)
    assert listed(expire_before=soon, states=[COMPLETED]) == set()


def test_a_renewed_lease_is_shown_with_its_numbers(client, business):
    make_pool(client, business)
    lease = client.CreateLease(business=business, holder="a", ttl=Duration(seconds=600)).lease
    client.Allocate(business=business, count=3, holder="a", lease_id=lease.lease_id)
    before = [lock.expire_time.ToMilliseconds() for lock in list_locks(client, business)[0]]
    assert before and before == pytest.approx([lease.expire_time.ToMilliseconds()] * 3, abs=5)
    renewed = client.Renew(business=business, lease_id=lease.lease_id, holder="a").lease
    after = [lock.expire_time.ToMilliseconds() for lock in list_locks(client, business)[0]]
    assert after == pytest.approx([renewed.expire_time.ToMilliseconds()] * 3, abs=5)


def test_pages_together_are_the_list(client, business):
    make_pool(client, business)
    numbers = [number.number for _ in range(3) for number in allocate(client, business, 100).numbers]
    for size in 1, 7, 100, 299, 300, 301, 1000:
        locks, _, pages = list_locks(client, business, page_size=size)
        assert [lock.number for lock in locks] == numbers
        assert pages in (-(-300 // size), 300 // size + 1)


def test_a_page_looks_at_so_many_rows(client, business):
    """Those that aren't wanted count too, so that a page may have few marks, or none, and there is more."""
    make_pool(client, business)
    for _ in range(9):
        allocate(client, business, 1000, "other")
    allocate(client, business, 1, "me")
    locks, _, pages = list_locks(client, business, holder="me")
    assert len(locks) == 1 and pages == 3
    first = client.ListLocks(business=business, holder="me")
    assert not first.locks and first.next_page_token and first.cursor


@pytest.mark.parametrize(
    "fields, reason, field",
    [
        ({"holder": "x" * 129}, "HOLDER_INVALID", "holder"),
        ({"states": [1] * 17}, "STATES_OUT_OF_RANGE", "states"),
        ({"states": [5]}, "STATE_UNKNOWN", "states[0]"),
        ({"expire_before": Timestamp(nanos=-1)}, "EXPIRE_BEFORE_INVALID", "expire_before"),
        ({"expire_before": Timestamp(seconds=253402300800)}, "EXPIRE_BEFORE_INVALID", "expire_before"),
        ({"page_size": -1}, "PAGE_SIZE_OUT_OF_RANGE", "page_size"),
        ({"page_size": 1001}, "PAGE_SIZE_OUT_OF_RANGE", "page_size"),
        ({"page_token": "nonsense"}, "PAGE_TOKEN_INVALID", "page_token"),
        ({"page_token": "0.0.0.0.0.0"}, "PAGE_TOKEN_INVALID", "page_token"),
        ({"page_token": "0" * 10_000}, "PAGE_TOKEN_INVALID", "page_token"),
    ],
)
def test_what_makes_no_sense_is_refused(client, business, fields, reason, field):
    make_pool(client, business)
    refusal = refused(client.ListLocks, business=business, **fields)
    assert (refusal.code, refusal.reason, wrong_fields(refusal)) == (INVALID, reason, [field])


def test_a_token_is_of_one_list(client, business):
    make_pool(client, business)
    make_pool(client, business + "x")
    allocate(client, business, 3)
    token = client.ListLocks(business=business, page_size=1).next_page_token
    # Another size is another page of the same list.
    assert len(client.ListLocks(business=business, page_size=2, page_token=token).locks) == 2
    for fields in (
        {"business": business + "x"}, {"business": business, "holder": "a"}, {"business": business, "states": [LIVE]},
        {"business": business, "expire_before": Timestamp(seconds=1)},
    ):
        refusal = refused(client.ListLocks, page_token=token, **fields)
        assert (refusal.code, refusal.reason, wrong_fields(refusal)) == (INVALID, "PAGE_TOKEN_INVALID", ["page_token"])
    # Any digit of it changed, or written otherwise.
    for place in range(len(token)):
        changed = token[:place] + ("1" if token[place] == "0" else "0") + token[place + 1:]
        assert refused(client.ListLocks, business=business, page_token=changed).reason == "PAGE_TOKEN_INVALID"
    assert refused(client.ListLocks, business=business, page_token="+" + token).reason == "PAGE_TOKEN_INVALID"


def test_a_business_without_a_pool_has_no_list(client, business):
    refusal = refused(client.ListLocks, business=business)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "POOL_NOT_FOUND")


def change_marks(client, business, stop, seed):
    """Allocates, completes, releases and renews, until it is told to stop."""
    chance = random.Random(seed)
    holder = f"holder-{seed}"
    held = []
    while not stop.is_set():
        what = chance.choice(["allocate", "complete", "release", "renew"])
        some = [held.pop(chance.randrange(len(held))) for _ in range(min(len(held), chance.randrange(1, 5)))]
        if what == "allocate" or not some:
            answer = allocate(client, business, chance.randrange(1, 9), holder)
            held += some + [(number, answer.lease_id) for number in answer.numbers]
        elif what == "renew":
            client.Renew(business=business, lease_id=some[0][1], holder=holder)
            held += some
        else:
            change = complete if what == "complete" else release
            change(client, business, [number for number, _ in some], holder=holder)


@pytest.mark.parametrize("round", range(3))
def test_list_then_watch_is_a_copy_of_all_marks(server, business, round):
    """While others change them: pages of small size, so that much happens between two of them."""
    stop = threading.Event()
    with connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, business, reuse_policy=AT_ONCE)
        allocate(client, business, 200, "before")
        threads = [
            threading.Thread(target=change_marks, args=(client, business, stop, 10 * round + seed)) for seed in range(3)
        ]
        for thread in threads:
            thread.start()
        copies, watches = [], []
        for size in 3, 10, 50:
            locks, cursor, pages = list_locks(client, business, page_size=size)
            assert pages > 2
            copies.append(Copy(locks))
            watches.append(Watch(client, business, cursor=cursor))
        stop.set()
        for thread in threads:
            thread.join()
        last = allocate(client, business, 1, "last").numbers[0].number
        truth = {lock.number: lock for lock in list_locks(client, business, page_size=1000)[0]}
        for copy, watch in zip(copies, watches):
            copy.apply(watch.until(truth[last].last_event))
            watch.close()
            assert {name: without_expiry(lock) for name, lock in copy.locks.items()} == {
                name: without_expiry(lock) for name, lock in truth.items()
            }


def test_a_page_after_a_restart_goes_on(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, "shop")
        numbers = [number.number for number in allocate(client, "shop", 10).numbers]
        first = client.ListLocks(business="shop", page_size=4)
        server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        rest = client.ListLocks(business="shop", page_token=first.next_page_token)
        assert [lock.number for lock in [*first.locks, *rest.locks]] == numbers
        assert rest.cursor == first.cursor
        with Watch(client, "shop", cursor=rest.cursor) as watch:
            number = allocate(client, "shop").numbers[0]
            assert [event.lock.number for event in watch.events(1)] == [number.number]
