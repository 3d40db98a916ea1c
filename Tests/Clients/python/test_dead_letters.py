"""Orders that a unit failed to process: FW7, FW8."""

import time

import pytest

from api import Client, forwarding as f
from conftest import connect
from consumers import Consumer, dead_letters, numbers, put_consuming, set_up, unit_of
from orders import get, order, put_unit, submit
from pools import request_id
from server import Server


def kill(client, business, *orders, **settings):
    """Makes dead letters of orders; the consumer that did."""
    set_up(client, business, attempts=1, **settings)
    submit(client, business, *orders)
    consumer = Consumer(client, business, name="reaper")
    consumer.nack(*consumer.take(len({one.key or one.number for one in orders})), reason="can't read it")
    return consumer


def test_an_order_that_fails_too_often_is_a_dead_letter(client, business):
    set_up(client, business, attempts=2)
    submit(client, business, order(1, body=b"x"), order(2))
    consumer = Consumer(client, business, name="c7")
    first, second = consumer.take(2)
    consumer.ack(second)
    consumer.nack(first, reason="first")
    assert not dead_letters(client, business)
    again, = consumer.take()
    consumer.nack(again, reason="second")
    letter, = dead_letters(client, business)
    assert (letter.order.sequence, letter.order.order.number, letter.order.order.body) == (1, "1", b"")
    assert (letter.failures, letter.reason, letter.consumer, letter.edits) == (2, "second", "c7", 0)
    assert abs(letter.dead_time.ToMicroseconds() / 1e6 - time.time()) < 60
    found = client.GetDeadLetter(business=business, unit="erp", sequence=1)
    assert found.dead_letter.order.order.body == b"x" and not found.edits
    now = unit_of(client, business)
    assert (now.dead_letters, now.depth) == (1, 0)
    assert get(client, business, 1).units[0].state == f.UNIT_ORDER_STATE_DEAD


def test_a_deadline_that_passes_is_a_failure(client, business):
    set_up(client, business, attempts=1, deadline=1)
    submit(client, business, order(1), order(2, key="1"))
    consumer = Consumer(client, business)
    consumer.take()
    assert numbers(consumer.take()) == ["2"]
    letter, = dead_letters(client, business)
    assert (letter.order.order.number, letter.reason) == ("1", "ACK_DEADLINE")


@pytest.mark.parametrize("waits", [False, True])
def test_a_unit_says_whether_the_key_goes_on(client, business, waits):
    consumer = kill(client, business, order(1, key="k"), order(2, key="k"), order(3), waits=waits)
    # 1 and 3 are dead; 2 is behind 1.
    assert [one.order.order.number for one in dead_letters(client, business)] == ["1", "3"]
    if waits:
        assert not consumer.has_more()
        client.RedriveDeadLetters(business=business, unit="erp", sequences=[1])
        again, = consumer.take()
        assert (again.order.order.number, again.attempt) == ("1", 1)
        consumer.ack(again)
    assert numbers(consumer.take()) == ["2"]


def test_a_change_of_mind_about_keys_holds_for_what_is_there(client, business):
    consumer = kill(client, business, order(1, key="k"), order(2, key="k"), waits=True)
    assert not consumer.has_more()
    put_consuming(client, business, waits=False)
    assert numbers(consumer.take()) == ["2"]


def test_dead_letters_are_listed_page_by_page(client, business):
    kill(client, business, *[order(n) for n in range(5)])
    seen, token = [], ""
    while True:
        page = client.ListDeadLetters(business=business, unit="erp", page_size=2, page_token=token)
        seen.append(numbers(page.dead_letters))
        token = page.next_page_token
        if not token:
            break
    assert seen == [["0", "1"], ["2", "3"], ["4"]]


def test_an_edited_dead_letter_is_delivered_with_its_new_body(client, business):
    consumer = kill(client, business, order(1, body=b"wrong"))
    put_unit(client, business, "wms", "A")
    identity = request_id()
    for _ in range(2):
        edited = client.EditDeadLetter(
            business=business, unit="erp", sequence=1, body=b"right", reason="typo", request_id=identity)
        assert (edited.edits, edited.repeatable) == (1, True)
    client.EditDeadLetter(business=business, unit="erp", sequence=1, body=b"better")
    found = client.GetDeadLetter(business=business, unit="erp", sequence=1)
    assert [(edit.body, edit.reason) for edit in found.edits] == [(b"right", "typo"), (b"better", "")]
    assert found.edits[0].edit_time.seconds and found.dead_letter.edits == 2
    assert found.dead_letter.order.order.body == b"wrong"
    left = client.RedriveDeadLetters(business=business, unit="erp", sequences=[1], request_id="again")
    assert (left.dead_letters, left.repeatable) == (0, True)
    delivery, = consumer.take()
    assert (delivery.order.order.body, delivery.edits, delivery.attempt) == (b"better", 2, 1)
    # The order itself is what its business gave in.
    assert get(client, business, 1).order.order.body == b"wrong"


def test_a_purged_dead_letter_is_given_up(client, business):
    kill(client, business, *[order(n) for n in range(3)])
    identity = request_id()
    for _ in range(2):
        left = client.PurgeDeadLetters(business=business, unit="erp", sequences=[3, 1], request_id=identity)
        assert (left.dead_letters, left.repeatable) == (1, True)
    assert numbers(dead_letters(client, business)) == ["1"]
    assert get(client, business, 0).units[0].state == f.UNIT_ORDER_STATE_DONE


def test_dead_letters_and_edits_outlive_the_server(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        kill(Client(channel), "b", order(1, key="k"), order(2, key="k"), waits=True)
        Client(channel).EditDeadLetter(business="b", unit="erp", sequence=1, body=b"new", reason="why")
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        letter, = dead_letters(client, "b")
        assert (letter.order.order.number, letter.reason, letter.edits) == ("1", "can't read it", 1)
        consumer = Consumer(client, "b")
        assert not consumer.has_more()
        client.RedriveDeadLetters(business="b", unit="erp", sequences=[1])
        delivery, = consumer.take()
        assert (delivery.order.order.number, delivery.order.order.body) == ("1", b"new")
