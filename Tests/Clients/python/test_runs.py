"""Numbers that one call handed out are kept together, and yet each ends for itself, over kills of the server too."""

import random

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from api import Client, allocation, locking, refused
from conftest import connect
from lives import KINDS, account, events, kinds
from pools import HOLDER, allocate, check_counter, complete, counter, make_pool, release, yuan
from server import Server, eventually
from watching import Watch, kind, list_locks

LIVE, COMPLETED, RELEASED, EXPIRED = (
    locking.LOCK_STATE_LIVE, locking.LOCK_STATE_COMPLETED, locking.LOCK_STATE_RELEASED, locking.LOCK_STATE_EXPIRED,
)
ENDS = {LIVE: [], COMPLETED: ["completed"], RELEASED: ["released"], EXPIRED: ["expired"]}
ACCOUNTS = {LIVE: "live", COMPLETED: "completed", RELEASED: "retired_after_release", EXPIRED: "retired_after_expiry"}


def check(client, business, states):
    """Everything that tells of numbers tells the same: `states` are those of serials from 1 on."""
    texts = {f"SO{serial:06}": state for serial, state in enumerate(states, 1)}
    for size in 7, 33, 1000:
        locks, _, _ = list_locks(client, business, page_size=size)
        assert [lock.number for lock in locks] == sorted(
            texts, key=lambda text: ([LIVE, COMPLETED].index(texts[text]) if texts[text] in (LIVE, COMPLETED) else 2, text)
        )
        assert {lock.number: lock.state for lock in locks} == texts
    last_events = {}
    for lock in locks:
        found, page = events(client, business, lock.number)
        assert [KINDS[event.kind] for event in found] == ["generated", "allocated", *ENDS[lock.state]]
        assert found[-1].sequence == lock.last_event
        last_events[lock.number] = lock.last_event
    assert len(set(last_events.values())) == len(states), "two numbers share an event"
    mark = client.GetLock(business=business, number=locks[0].number).lock
    assert (mark.state, mark.last_event) == (locks[0].state, locks[0].last_event)
    told, _ = account(client, business)
    assert [told[0][serial] for serial in range(1, len(states) + 1)] == [ACCOUNTS[state] for state in states]
    with Watch(client, business, from_oldest=True) as watch:
        seen = watch.events(len(states) + sum(state != LIVE for state in states))
    newest = {event.lock.number: (event.sequence, event.lock.state) for event in seen}
    assert newest == {text: (last_events[text], state) for text, state in texts.items()}
    count = counter(client, business)
    check_counter(count)
    assert (count.live, count.completed, count.released, count.expired) == tuple(
        states.count(state) for state in (LIVE, COMPLETED, RELEASED, EXPIRED)
    )


def make_exact_pool(client, business):
    """Numbers are made as they are asked for, a hundred at a time, and never go out again."""
    make_pool(
        client, business, reuse_policy=allocation.REUSE_POLICY_NEVER, min_lease_ttl=Duration(seconds=1),
        low_watermark=0, high_watermark=0, generation_batch=100,
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_parts_of_a_hundred_end_between_kills(tmp_path, seed):
    choice = random.Random(seed)
    states = [LIVE] * 100
    server = Server(tmp_path)
    with connect(server, "h2c") as channel:
        client = Client(channel)
        make_exact_pool(client, "shop")
        numbers = allocate(client, "shop", 100).numbers
    # First, last, middle, alone, backwards; then at random, and at last all that is left.
    rounds = [range(0, 5), range(95, 100), range(40, 60), [20], [77, 76, 75]]
    rest = [place for place in range(100) if not any(place in places for places in rounds)]
    choice.shuffle(rest)
    rounds += [rest[:10], sorted(rest[10:30]), sorted(rest[30:])]
    for place, places in enumerate(rounds):
        server.kill()
        server = Server(tmp_path)
        with connect(server, "h2c") as channel:
            client = Client(channel)
            check(client, "shop", states)
            ending = [numbers[place] for place in places]
            if place % 2:
                released = release(client, "shop", ending)
                assert [one.number for one in released.numbers] == [number.number for number in ending]
            else:
                completed = complete(client, "shop", ending, yuan(3))
                assert [one.number for one in completed.numbers] == [number.number for number in ending]
            for one in places:
                states[one] = RELEASED if place % 2 else COMPLETED
            check(client, "shop", states)
            other = complete if place % 2 else release
            error = refused(other, client, "shop", ending)
            assert error.code == grpc.StatusCode.FAILED_PRECONDITION
            assert error.reason == ("NUMBER_RELEASED" if place % 2 else "NUMBER_COMPLETED")
    server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        check(Client(channel), "shop", states)


def test_what_is_left_of_a_hundred_runs_out(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_exact_pool(client, "shop")
        numbers = allocate(client, "shop", 100, lease_ttl=Duration(seconds=2)).numbers
        complete(client, "shop", numbers[30:40])
        server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        eventually(lambda: counter(client, "shop").live == 0)
        check(client, "shop", [EXPIRED] * 30 + [COMPLETED] * 10 + [EXPIRED] * 60)


def test_a_renewal_is_of_the_life_of_every_number_of_a_hundred(client, business):
    make_exact_pool(client, business)
    given = allocate(client, business, 100)
    client.Renew(business=business, lease_id=given.lease_id, holder=HOLDER)
    complete(client, business, given.numbers[50:51])
    for place in 0, 49, 51, 99:
        assert kinds(client, business, given.numbers[place].number) == ["generated", "allocated", "renewed"]
    assert kinds(client, business, given.numbers[50].number) == ["generated", "allocated", "renewed", "completed"]


def test_a_watcher_is_told_of_each_number_of_a_hundred(client, business):
    make_exact_pool(client, business)
    with Watch(client, business) as watch:
        given = allocate(client, business, 100).numbers
        complete(client, business, given, yuan(5))
        told = watch.events(200)
    sequences = [event.sequence for event in told]
    assert sequences == list(range(sequences[0], sequences[0] + 200))
    assert [kind(event) for event in told] == ["ALLOCATED"] * 100 + ["COMPLETED"] * 100
    for events_of in told[:100], told[100:]:
        assert [event.lock.number for event in events_of] == [number.number for number in given]
        assert [event.lock.token for event in events_of] == [number.token for number in given]
    assert all(event.lock.amount == yuan(5) for event in told[100:])
