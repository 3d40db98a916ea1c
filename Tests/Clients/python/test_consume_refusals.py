"""Every refusal of consumption by its code, reason and field."""

import grpc
import pytest

from api import forwarding as f, refused, refusal, wrong_fields
from attendance import seconds
from consumers import Consumer, consumption, dead_letters, set_up
from orders import order, put_intake, submit

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
LONG = "r" * 257


def attach(business, **fields):
    return f.ConsumeRequest(attach=f.Attachment(**{
        "business": business, "unit": "erp", "consumer": "c", "credits": 1, **fields}))


def settle(**fields):
    return f.ConsumeRequest(settle=f.Settlement(**fields))


def told(client, *requests):
    """The refusal that ends a stream."""
    with pytest.raises(grpc.RpcError) as raised:
        for _ in client.stub("Consume")(iter(requests), timeout=20):
            pass
    return refusal(raised.value)


@pytest.mark.parametrize("first, reason, field", [
    (lambda business: f.ConsumeRequest(), "ATTACHMENT_MISSING", "attach"),
    (lambda business: settle(acks=[1]), "ATTACHMENT_MISSING", "attach"),
    (lambda business: attach("?"), "BUSINESS_INVALID", "attach.business"),
    (lambda business: attach(business, consumer=""), "CONSUMER_INVALID", "attach.consumer"),
    (lambda business: attach(business, consumer="a b"), "CONSUMER_INVALID", "attach.consumer"),
    (lambda business: attach(business, credits=-1), "CREDITS_OUT_OF_RANGE", "attach.credits"),
    (lambda business: attach(business, credits=1001), "CREDITS_OUT_OF_RANGE", "attach.credits"),
])
def test_an_attachment_is_checked(client, business, first, reason, field):
    set_up(client, business)
    end = told(client, first(business))
    assert (end.code, end.reason, wrong_fields(end)) == (INVALID, reason, [field])


def test_a_stream_needs_an_attachment(client):
    end = told(client)
    assert (end.code, end.reason) == (INVALID, "ATTACHMENT_MISSING")


@pytest.mark.parametrize("second, reason, field", [
    (attach("b"), "ATTACHED_TWICE", "attach"),
    (f.ConsumeRequest(), "MESSAGE_MISSING", "settle"),
    (f.ConsumeRequest(credit=f.CreditChange(credits=-1)), "CREDITS_OUT_OF_RANGE", "credit.credits"),
    (f.ConsumeRequest(credit=f.CreditChange(credits=1001)), "CREDITS_OUT_OF_RANGE", "credit.credits"),
    (settle(), "SETTLEMENTS_OUT_OF_RANGE", "settle"),
    (settle(acks=range(1001)), "SETTLEMENTS_OUT_OF_RANGE", "settle"),
    (settle(nacks=[f.Nack(), f.Nack(delay=seconds(86_401))]), "DELAY_OUT_OF_RANGE", "settle.nacks[1].delay"),
    (settle(nacks=[f.Nack(delay=seconds(-1))]), "DELAY_OUT_OF_RANGE", "settle.nacks[0].delay"),
    (settle(nacks=[f.Nack(reason=LONG)]), "REASON_TOO_LONG", "settle.nacks[0].reason"),
    (settle(extensions=[f.Extension()]), "EXTENSION_OUT_OF_RANGE", "settle.extensions[0].duration"),
    (settle(extensions=[f.Extension(duration=seconds(3601))]), "EXTENSION_OUT_OF_RANGE",
     "settle.extensions[0].duration"),
])
def test_what_a_consumer_says_is_checked(client, business, second, reason, field):
    set_up(client, business)
    end = told(client, attach(business), second)
    assert (end.code, end.reason, wrong_fields(end)) == (INVALID, reason, [field])


def test_who_consumes_needs_an_intake_and_a_unit(client, business):
    end = told(client, attach(business))
    assert (end.code, end.reason, end.metadata) == (NOT_FOUND, "INTAKE_NOT_FOUND", {"field": "attach.business"})
    put_intake(client, business)
    end = told(client, attach(business))
    assert (end.code, end.reason, end.metadata) == (NOT_FOUND, "UNIT_NOT_FOUND", {"field": "attach.unit"})


def test_a_unit_has_so_many_consumers(client, business):
    set_up(client, business)
    all_of_them = [Consumer(client, business, name=f"c{n}") for n in range(64)]
    end = told(client, attach(business, consumer="one-more"))
    assert (end.code, end.reason, end.metadata) == (EXHAUSTED, "CONSUMERS_EXHAUSTED", {"limit": "64"})
    # One with the name of another has its place.
    all_of_them.append(Consumer(client, business, name="c1"))
    for one in all_of_them:
        one.cancel()


def put(**fields):
    return lambda client, business: client.PutUnit(
        unit=f.Unit(business=business, name="erp", consumption=f.ConsumptionSettings(**fields)))


def dead(method, **fields):
    return lambda client, business: getattr(client, method)(**{"business": business, "unit": "erp", **fields})


@pytest.mark.parametrize("call, reason, field", [
    (put(ack_deadline=seconds(0.5)), "ACK_DEADLINE_OUT_OF_RANGE", "unit.consumption.ack_deadline"),
    (put(ack_deadline=seconds(3601)), "ACK_DEADLINE_OUT_OF_RANGE", "unit.consumption.ack_deadline"),
    (put(max_attempts=-1), "ATTEMPTS_OUT_OF_RANGE", "unit.consumption.max_attempts"),
    (put(max_attempts=101), "ATTEMPTS_OUT_OF_RANGE", "unit.consumption.max_attempts"),
    (put(dead_letter_policy=9), "DEAD_LETTER_POLICY_INVALID", "unit.consumption.dead_letter_policy"),
    (put(breaker_failures=-2), "BREAKER_FAILURES_OUT_OF_RANGE", "unit.consumption.breaker_failures"),
    (put(breaker_failures=1001), "BREAKER_FAILURES_OUT_OF_RANGE", "unit.consumption.breaker_failures"),
    (dead("ListDeadLetters", page_size=1001), "PAGE_SIZE_OUT_OF_RANGE", "page_size"),
    (dead("ListDeadLetters", page_token="x"), "PAGE_TOKEN_INVALID", "page_token"),
    (dead("EditDeadLetter", sequence=1, body=bytes(65_537)), "BODY_TOO_LARGE", "body"),
    (dead("EditDeadLetter", sequence=1, reason=LONG), "REASON_TOO_LONG", "reason"),
    (dead("RedriveDeadLetters"), "DEAD_LETTERS_OUT_OF_RANGE", "sequences"),
    (dead("RedriveDeadLetters", sequences=range(1001)), "DEAD_LETTERS_OUT_OF_RANGE", "sequences"),
    (dead("PurgeDeadLetters"), "DEAD_LETTERS_OUT_OF_RANGE", "sequences"),
    (lambda client, business: client.PauseUnit(business=business, name="erp", reason=LONG),
     "REASON_TOO_LONG", "reason"),
])
def test_an_invalid_request_names_its_field(client, business, call, reason, field):
    set_up(client, business)
    end = refused(call, client, business)
    assert (end.code, end.reason, wrong_fields(end)) == (INVALID, reason, [field])


@pytest.mark.parametrize("call, field", [
    (dead("GetDeadLetter", sequence=2), "sequence"),
    (dead("GetDeadLetter", sequence=-1), "sequence"),
    (dead("EditDeadLetter", sequence=2), "sequence"),
    (dead("EditDeadLetter", sequence=-5), "sequence"),
    (dead("RedriveDeadLetters", sequences=[1, 2]), "sequences[1]"),
    (dead("RedriveDeadLetters", sequences=[1, 1]), "sequences[1]"),
    (dead("PurgeDeadLetters", sequences=[-1]), "sequences[0]"),
    (dead("PurgeDeadLetters", sequences=[2**62]), "sequences[0]"),
])
def test_what_is_no_dead_letter_is_not_found(client, business, call, field):
    set_up(client, business, attempts=1)
    submit(client, business, order(1), order(2))
    consumer = Consumer(client, business, credits=1)
    consumer.nack(*consumer.take())
    end = refused(call, client, business)
    assert (end.code, end.reason, end.metadata) == (NOT_FOUND, "DEAD_LETTER_NOT_FOUND", {"field": field})
    assert len(dead_letters(client, business)) == 1


@pytest.mark.parametrize("call, field", [
    (dead("ListDeadLetters"), "unit"), (dead("GetDeadLetter", sequence=1), "unit"),
    (dead("EditDeadLetter", sequence=1), "unit"), (dead("RedriveDeadLetters", sequences=[1]), "unit"),
    (dead("PurgeDeadLetters", sequences=[1]), "unit"),
    (lambda client, business: client.PauseUnit(business=business, name="erp"), "name"),
    (lambda client, business: client.ResumeUnit(business=business, name="erp"), "name"),
])
def test_a_unit_that_is_not_there_is_not_found(client, business, call, field):
    put_intake(client, business)
    end = refused(call, client, business)
    assert (end.code, end.reason, end.metadata) == (NOT_FOUND, "UNIT_NOT_FOUND", {"field": field})


def test_a_dead_letter_is_edited_so_often(client, business):
    set_up(client, business, attempts=1)
    submit(client, business, order(1))
    consumer = Consumer(client, business)
    consumer.nack(*consumer.take())
    for _ in range(16):
        client.EditDeadLetter(business=business, unit="erp", sequence=1)
    end = refused(client.EditDeadLetter, business=business, unit="erp", sequence=1)
    assert (end.code, end.reason, end.metadata) == (EXHAUSTED, "EDITS_EXHAUSTED", {"limit": "16"})


def test_a_policy_has_a_default(client, business):
    unit = set_up(client, business)
    assert unit.consumption == consumption()
