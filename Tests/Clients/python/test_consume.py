"""Orders in the hands of consumers: FW6, FW7."""

import grpc
import pytest

from api import Client, forwarding as f, refusal
from conftest import connect
from consumers import Consumer, dead_letters, numbers, put_consuming, set_up, unit_of
from orders import forwarded, get, order, put_unit, queue, submit
from server import Server, eventually

DONE, QUEUED, DEAD = f.UNIT_ORDER_STATE_DONE, f.UNIT_ORDER_STATE_QUEUED, f.UNIT_ORDER_STATE_DEAD
CANCELLATION = f.ORDER_KIND_CANCELLATION


def state(client, business, number):
    return get(client, business, number).units[0].state


def test_an_order_is_delivered_until_it_is_acknowledged(client, business):
    set_up(client, business, attempts=7)
    submit(client, business, order(1, key="k", body=b"\0body"))
    consumer = Consumer(client, business)
    assert (consumer.settings.max_attempts, consumer.settings.ack_deadline.seconds) == (7, 30)
    submit(client, business, order(2))
    first, second = consumer.take(2)
    assert (first.order.order.number, first.order.order.key, first.order.order.body) == ("1", "k", b"\0body")
    assert (first.attempt, first.losses, first.edits, first.order.sequence) == (1, 0, 0, 1)
    assert second.deadline_time.ToMicroseconds() > second.order.submit_time.ToMicroseconds()
    now = unit_of(client, business)
    assert (now.depth, now.in_hand, now.consumers, now.breaker) == (2, 2, 1, f.BREAKER_STATE_CLOSED)
    assert state(client, business, 1) == QUEUED
    consumer.ack(first, second)
    assert [state(client, business, number) for number in (1, 2)] == [DONE, DONE]
    assert not queue(client, business, "erp") and not consumer.has_more()
    consumer.leave()
    assert eventually(lambda: unit_of(client, business).consumers == 0)


def test_consumers_share_keys_and_no_two_work_on_one(client, business):
    set_up(client, business)
    both = [Consumer(client, business, name=name, credits=3) for name in "ab"]
    submit(client, business, *[order(n, key=f"k{n % 4}") for n in range(12)])
    in_hand = [(one, consumer) for consumer in both for one in consumer.take(2)]
    done = []
    while in_hand:
        keys = [one.order.order.key for one, _ in in_hand]
        assert len(set(keys)) == len(keys), "a key was given to two"
        one, consumer = in_hand.pop(0)
        done.append(int(one.order.order.number))
        consumer.ack(one)
        for other in both:
            if other.has_more():
                in_hand += [(more, other) for more in other.take(len(other._waiting))]
    assert sorted(done) == list(range(12))
    for key in range(4):
        assert [n for n in done if n % 4 == key] == [key, key + 4, key + 8]


def test_credits_bound_what_a_consumer_has_in_hand(client, business):
    set_up(client, business)
    submit(client, business, *[order(n) for n in range(6)])
    consumer = Consumer(client, business, credits=2)
    taken = consumer.take(2)
    assert not consumer.has_more() and unit_of(client, business).in_hand == 2
    consumer.say(credit=f.CreditChange(credits=0))
    consumer.ack(*taken)
    assert not consumer.has_more() and unit_of(client, business).in_hand == 0
    consumer.say(credit=f.CreditChange(credits=3))
    assert numbers(consumer.take(3)) == ["2", "3", "4"] and not consumer.has_more()


def test_a_failed_order_comes_again_after_its_delay_and_holds_back_its_key_only(client, business):
    set_up(client, business)
    consumer = Consumer(client, business)
    submit(client, business, order(1, key="k"), order(2, key="k"), order(3))
    first, third = consumer.take(2)
    assert numbers([first, third]) == ["1", "3"]
    consumer.nack(first, delay=0.4, reason="busy")
    assert not consumer.has_more()
    consumer.ack(third)
    again, = consumer.take()
    assert (again.order.order.number, again.attempt) == ("1", 2) and again.token != first.token
    consumer.ack(again)
    assert numbers(consumer.take()) == ["2"]


def test_a_delivery_ends_once(client, business):
    set_up(client, business, deadline=1)
    consumer = Consumer(client, business)
    submit(client, business, order(1), order(2))
    first, second = consumer.take(2)
    assert not consumer.settle(extensions=[(second, 60)])
    # Not settled in time.
    again, = consumer.take()
    assert (again.order.order.number, again.attempt) == ("1", 2)
    assert consumer.settle(acks=[first, again, second]) == {first.token: "DELIVERY_STALE"}
    stale = consumer.settle(acks=[again], nacks=[(second, 0, "")], extensions=[(first, 1)])
    assert stale == {one.token: "DELIVERY_STALE" for one in (again, second, first)}
    assert not queue(client, business, "erp")


def test_a_token_is_its_consumers_own(client, business):
    set_up(client, business)
    submit(client, business, order(1))
    one = Consumer(client, business, name="one")
    delivery, = one.take()
    other = Consumer(client, business, name="other")
    assert other.settle(acks=[delivery]) == {delivery.token: "DELIVERY_STALE"}
    one.ack(delivery)


def test_what_a_lost_consumer_had_goes_to_others(client, business):
    set_up(client, business, attempts=1)
    submit(client, business, order(1), order(2))
    lost = Consumer(client, business, name="lost")
    lost.take(2)
    lost.cancel()
    other = Consumer(client, business, name="other")
    taken = other.take(2)
    assert numbers(taken) == ["1", "2"]
    assert [(one.attempt, one.losses) for one in taken] == [(1, 1), (1, 1)]
    # One that takes its leave isn't lost.
    other.ack(taken[1])
    other.leave()
    third = Consumer(client, business, name="third")
    delivery, = third.take()
    assert (delivery.order.order.number, delivery.losses) == ("1", 1)
    third.ack(delivery)


def test_an_order_that_kills_its_consumers_is_found_and_nothing_else_dies(client, business):
    set_up(client, business, attempts=1)
    submit(client, business, *[order(n) for n in range(5)])
    deaths = 0
    done = []
    while len(done) < 4:
        consumer = Consumer(client, business, name=f"c{deaths}")
        while len(done) < 4:
            taken, = consumer.take()
            if taken.order.order.number == "3":
                consumer.cancel()
                consumer.end()
                deaths += 1
                break
            consumer.ack(taken)
            done.append(taken.order.order.number)
    assert sorted(done) == ["0", "1", "2", "4"]
    if not dead_letters(client, business):
        last = Consumer(client, business, name="last")
        last.take()
        last.cancel()
    assert eventually(lambda: dead_letters(client, business))
    letter, = dead_letters(client, business)
    assert (letter.order.order.number, letter.reason) == ("3", "CONSUMER_LOST")


def test_a_consumer_takes_the_place_of_one_with_its_name(client, business):
    set_up(client, business)
    submit(client, business, order(1))
    before = Consumer(client, business)
    before.take()
    after = Consumer(client, business)
    assert numbers(after.take()) == ["1"]
    told = refusal(before.end())
    assert (told.code, told.reason) == (grpc.StatusCode.ABORTED, "CONSUMER_REPLACED")
    assert told.metadata == {"field": "attach.consumer"} and unit_of(client, business).consumers == 1


def test_a_deleted_unit_sends_its_consumers_away(client, business):
    set_up(client, business)
    consumer = Consumer(client, business)
    client.DeleteUnit(business=business, name="erp")
    told = refusal(consumer.end())
    assert (told.code, told.reason) == (grpc.StatusCode.NOT_FOUND, "UNIT_NOT_FOUND")


def test_a_unit_that_is_down_fills_its_queue_not_its_dead_letters(client, business):
    set_up(client, business, attempts=1, breaker=3)
    put_unit(client, business, "wms", "A")
    down = Consumer(client, business, credits=1)
    up = Consumer(client, business, unit="wms")
    submit(client, business, *[order(n) for n in range(5)])
    for number in "012":
        delivery, = down.take()
        assert delivery.order.order.number == number
        down.nack(delivery)
    now = unit_of(client, business)
    assert (now.breaker, now.dead_letters, now.depth) == (f.BREAKER_STATE_OPEN, 0, 5)
    # The other unit doesn't know of it.
    up.ack(*up.take(5))
    # One is tried after a while; as the unit is up again, all go on.
    tried, = down.take()
    assert tried.attempt == 1 and unit_of(client, business).breaker == f.BREAKER_STATE_TRYING
    down.ack(tried)
    for _ in range(4):
        down.ack(*down.take())
    now = unit_of(client, business)
    assert (now.breaker, now.dead_letters, now.depth) == (f.BREAKER_STATE_CLOSED, 0, 0)


@pytest.mark.parametrize("how", ["never", "resume"])
def test_an_operator_closes_the_breaker(client, business, how):
    set_up(client, business, attempts=9, breaker=1)
    consumer = Consumer(client, business)
    submit(client, business, order(1))
    # Each time it is open for twice as long: 1, 2, then 4 s.
    for breaker in f.BREAKER_STATE_CLOSED, f.BREAKER_STATE_TRYING, f.BREAKER_STATE_TRYING:
        delivery, = consumer.take()
        assert unit_of(client, business).breaker == breaker
        consumer.nack(delivery)
        assert unit_of(client, business).breaker == f.BREAKER_STATE_OPEN
    if how == "never":
        put_consuming(client, business, attempts=9, breaker=-1)
    else:
        client.ResumeUnit(business=business, name="erp")
    assert unit_of(client, business).breaker == f.BREAKER_STATE_CLOSED
    assert numbers(consumer.take()) == ["1"]


def test_a_delay_holds_though_the_breaker_takes_the_failure_back(client, business):
    set_up(client, business, attempts=1, breaker=2)
    consumer = Consumer(client, business)
    submit(client, business, order(1), order(2))
    later, now = consumer.take(2)
    # The breaker tries one after a second.
    consumer.nack(later, delay=3600)
    consumer.nack(now)
    assert numbers(tried := consumer.take()) == ["2"]
    consumer.ack(*tried)
    assert unit_of(client, business).breaker == f.BREAKER_STATE_CLOSED
    assert not consumer.has_more() and unit_of(client, business).dead_letters == 0


def test_a_cancellation_is_delivered_behind_its_order(client, business):
    set_up(client, business)
    submit(client, business, order(1, key="k"))
    client.Cancel(business=business, number="1", reason="too late")
    consumer = Consumer(client, business)
    first, = consumer.take()
    assert not consumer.has_more()
    consumer.ack(first)
    second, = consumer.take()
    assert (second.order.kind, second.order.order.body) == (CANCELLATION, b"too late")


def test_many_bodies_come_in_several_responses(client, business):
    set_up(client, business)
    for n in range(0, 60, 10):
        submit(client, business, *[order(m, body=bytes(60_000)) for m in range(n, n + 10)])
    consumer = Consumer(client, business)
    taken = consumer.take(60)
    assert sorted(int(number) for number in numbers(taken)) == list(range(60))
    assert all(len(one.order.order.body) == 60_000 for one in taken)


@pytest.fixture
def own(tmp_path):
    """Starts a server of the test's own again and again, on one store."""
    servers = []

    def start():
        if servers:
            servers[-1].kill()
        servers.append(Server(tmp_path))
        return Client(connect(servers[-1], "h2c"))

    yield start
    servers[-1].kill()


def test_a_killed_server_forgets_deliveries_and_nothing_else(own):
    client = own()
    set_up(client, "b", attempts=3)
    submit(client, "b", *[order(n, key=f"k{n % 3}") for n in range(6)])
    consumer = Consumer(client, "b")
    first, second, third = consumer.take(3)
    consumer.ack(first)
    consumer.nack(second, delay=0)
    consumer.nack(third, delay=3600, reason="later")
    client = own()
    consumer = Consumer(client, "b")
    # Of its key the next, and the failed one, which was counted; the third is still put off.
    taken = consumer.take(2)
    assert sorted((one.order.order.number, one.attempt) for one in taken) == [("1", 2), ("3", 1)]
    assert not consumer.has_more()
    assert consumer.settle(acks=[second, third]) == {one.token: "DELIVERY_STALE" for one in (second, third)}
    consumer.ack(*taken)
    assert state(client, "b", 0) == DONE and unit_of(client, "b").depth == 3


def test_a_pause_outlives_the_server(own):
    client = own()
    set_up(client, "b")
    paused = client.PauseUnit(business="b", name="erp", reason="stocktaking", request_id="p")
    again = client.PauseUnit(business="b", name="erp", reason="other")
    assert paused.repeatable and again.unit.pause == paused.unit.pause
    assert paused.unit.pause.reason == "stocktaking" and paused.unit.pause.since_time.seconds
    client = own()
    consumer = Consumer(client, "b")
    submit(client, "b", order(1))
    forwarded(client, "b")
    assert not consumer.has_more()
    assert unit_of(client, "b").pause == paused.unit.pause
    resumed = client.ResumeUnit(business="b", name="erp", request_id="r")
    assert resumed == client.ResumeUnit(business="b", name="erp", request_id="r")
    assert resumed.repeatable and not resumed.unit.HasField("pause")
    assert numbers(consumer.take()) == ["1"]


def test_settings_stay_where_none_are_given(own):
    client = own()
    set_up(client, "b", deadline=2, attempts=9, waits=True, breaker=4)
    put_unit(client, "b", "erp", "B")
    client = own()
    settings = unit_of(client, "b").consumption
    assert (settings.ack_deadline.seconds, settings.max_attempts, settings.breaker_failures) == (2, 9, 4)
    assert settings.dead_letter_policy == f.DEAD_LETTER_POLICY_KEY_WAITS
    assert put_consuming(client, "b").consumption.breaker_failures == -1
