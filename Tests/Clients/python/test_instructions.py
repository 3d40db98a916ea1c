"""What a warning has done: presets, attendants, instructions that are repeated until they are answered. WR5."""

import time

import grpc
import pytest

from api import Client, refused, warnings as w
from attendance import GOODS, PAGES, Attendee, action, attendant, put_rule, report, seconds, warning_list
from conftest import connect
from pools import make_pool, request_id
from server import Server, eventually

WAREHOUSE = attendant("WAREHOUSE", "north")
OWNER = attendant("OWNER", "zhang")
BUSINESS = attendant("BUSINESS")
KINDS = [
    w.INSTRUCTION_KIND_RAISE_STOCK, w.INSTRUCTION_KIND_LOWER_STOCK, w.INSTRUCTION_KIND_RAISE_VEHICLES,
    w.INSTRUCTION_KIND_LOWER_VEHICLES, w.INSTRUCTION_KIND_RAISE_STAFF, w.INSTRUCTION_KIND_LOWER_STAFF,
]


def state(name):
    return w.InstructionState.Value("INSTRUCTION_STATE_" + name)


def put_preset(client, business, *steps, name="p"):
    preset = w.Preset(business=business, name=name, steps=steps)
    return client.PutPreset(preset=preset, request_id=request_id()).preset


def step(who=WAREHOUSE, kind=w.INSTRUCTION_KIND_RAISE_STOCK, **fields):
    return w.PresetStep(attendant=who, kind=kind, **fields)


def rule_with_preset(client, business, *steps, **fields):
    put_preset(client, business, *steps)
    return put_rule(client, business, actions=[action("CALL_PRESET", "p")], **fields)


def instructions(client, business, history=True, **fields):
    return list(client.ListInstructions(business=business, history=history, **fields).instructions)


def test_every_kind_of_preset_is_told_and_answered(client, business):
    steps = [step(kind=kind, amount=place, note=f"step {place}") for place, kind in enumerate(KINDS)]
    rule_with_preset(client, business, *steps)
    here = Attendee(client, business, WAREHOUSE)
    assert not here.first.instructions
    [number] = report(client, business, 100).raised
    told = []
    while len(told) < len(KINDS):
        told += here.next().instructions
    assert [instruction.kind for instruction in told] == KINDS
    assert [(i.amount, i.note, i.warning, i.attempt) for i in told] == [
        (place, f"step {place}", number, 1) for place in range(len(KINDS))]

    accepted = here.answer(told[0], "ACCEPTED", "at once").answered[0]
    assert (accepted.state, accepted.answer_note) == (state("ACCEPTED"), "at once")
    done = here.answer(told[0], "DONE").answered[0]
    assert done.state == state("DONE") and done.HasField("end_time")
    assert here.answer(told[1], "REFUSED", "full").answered[0].state == state("REFUSED")
    # The same again does no harm, another answer is refused, and the stream goes on.
    assert here.answer(told[0], "DONE").answered[0] == done
    assert here.answer(told[0], "REFUSED").refused.reason == "INSTRUCTION_ENDED"
    assert here.answer(told[2], "ACCEPTED").answered[0].state == state("ACCEPTED")
    assert here.answer(told[2], "ACCEPTED").answered[0].state == state("ACCEPTED")
    assert here.answer(12345678, "DONE").refused.reason == "INSTRUCTION_NOT_FOUND"
    assert here.answer(told[3], "SENT").refused.reason == "ANSWER_INVALID"
    assert here.answer(told[3], "DONE", "n" * 257).refused.reason == "NOTE_TOO_LONG"
    # Nobody answers for another.
    stranger = Attendee(client, business, OWNER)
    assert stranger.answer(told[3], "DONE").refused.reason == "INSTRUCTION_NOT_FOUND"
    assert stranger.answer(told[0], "DONE").refused.reason == "INSTRUCTION_NOT_FOUND"

    # When the warning clears, what nobody has answered isn't wanted any more.
    report(client, business, 50)
    assert here.answer(told[3], "DONE").refused.reason == "INSTRUCTION_ENDED"
    states = [w.InstructionState.Name(i.state)[18:] for i in reversed(instructions(client, business))]
    assert states == ["DONE", "REFUSED", "ACCEPTED", "WITHDRAWN", "WITHDRAWN", "WITHDRAWN"]
    assert [i.id for i in instructions(client, business, history=False)] == [told[2].id]
    assert not instructions(client, business, attendant=OWNER)
    assert len(instructions(client, business, warning=number)) == 6
    here.leave()
    stranger.leave()


def test_who_comes_later_is_told(client, business):
    rule_with_preset(client, business, step())
    report(client, business, 100)
    with_nobody_there = instructions(client, business)
    here = Attendee(client, business, WAREHOUSE)
    assert list(here.first.instructions) == with_nobody_there
    here.leave()


def test_unanswered_is_repeated_escalated_and_given_up(client, business):
    rule_with_preset(client, business, step(
        repeat_after=seconds(1), escalate_to=OWNER, escalate_after=seconds(1.5), expire_after=seconds(5)))
    here, owner = Attendee(client, business, WAREHOUSE), Attendee(client, business, OWNER)
    report(client, business, 100)
    first = here.instruction()
    began = time.monotonic()
    again = here.instruction()
    assert (again.id, again.attempt) == (first.id, 2) and time.monotonic() - began > 0.5
    escalated = owner.instruction()
    assert (escalated.escalated_from, escalated.kind) == (first.id, first.kind)
    once_more = here.instruction()  # 1 s, then 2 s.
    assert (once_more.id, once_more.attempt, once_more.escalated_to) == (first.id, 3, escalated.id)
    assert time.monotonic() - began > 2.5
    assert owner.answer(escalated, "DONE").answered[0].state == state("DONE")

    def ended():
        [found] = [i for i in instructions(client, business) if i.id == first.id]
        return found.state == state("EXPIRED") and found.HasField("end_time")

    assert eventually(ended, 10)
    assert here.answer(first, "DONE").refused.reason == "INSTRUCTION_ENDED"
    here.leave()
    owner.leave()


def test_accepted_is_not_repeated_but_expires(client, business):
    rule_with_preset(client, business, step(repeat_after=seconds(1), expire_after=seconds(4)))
    here = Attendee(client, business, WAREHOUSE, progress=seconds(1))
    report(client, business, 100)
    told = here.instruction()
    here.answer(told, "ACCEPTED")

    def expired():
        assert not here.next().instructions
        return instructions(client, business)[0].state == state("EXPIRED")

    assert eventually(expired, 15)
    assert instructions(client, business)[0].attempt == 1
    here.leave()


def test_the_business_is_told_to_stop_and_to_go_on(client, business):
    make_pool(client, business)
    put_rule(client, business, actions=[action("STOP_BUSINESS")], text="too many visitors")
    here = Attendee(client, business, BUSINESS)
    report(client, business, 100)
    stop = here.instruction()
    assert (stop.kind, stop.note) == (w.INSTRUCTION_KIND_STOP_BUSINESS, "too many visitors")
    assert here.answer(stop, "DONE").answered[0].state == state("DONE")
    report(client, business, 50)
    resume = here.instruction()
    assert resume.kind == w.INSTRUCTION_KIND_RESUME_BUSINESS
    assert here.answer(resume, "DONE").answered[0].state == state("DONE")

    # Another rule can tell it to go on, too.
    put_rule(client, business, name="go", kind=GOODS, actions=[action("RESUME_BUSINESS")])
    report(client, business, 100)
    assert here.instruction().kind == w.INSTRUCTION_KIND_STOP_BUSINESS
    assert client.GetPool(business=business).pool.business_stops
    report(client, business, 100, GOODS)
    assert here.instruction().kind == w.INSTRUCTION_KIND_RESUME_BUSINESS
    assert not client.GetPool(business=business).pool.business_stops
    here.leave()


def test_presets(client, business):
    for name in "b", "a":
        put_preset(client, business, step(), name=name)
    changed = put_preset(client, business, step(amount=7), name="b")
    listed = client.ListPresets(business=business).presets
    assert [preset.name for preset in listed] == ["a", "b"] and listed[1] == changed
    put_rule(client, business, actions=[action("CALL_PRESET", "a")])
    refusal = refused(client.DeletePreset, business=business, name="a")
    assert (refusal.code, refusal.reason, refusal.metadata) == (
        grpc.StatusCode.FAILED_PRECONDITION, "PRESET_IN_USE", {"rule": "r"})
    same = request_id()
    assert client.DeletePreset(business=business, name="b", request_id=same).repeatable
    client.DeletePreset(business=business, name="b", request_id=same)
    assert [preset.name for preset in client.ListPresets(business=business).presets] == ["a"]


def test_instructions_outlive_kill_9(tmp_path):
    """None is lost, none is answered twice, and repetition goes on."""
    business = "shop"
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        rule_with_preset(
            client, business, step(amount=1), step(amount=2),
            step(amount=3, repeat_after=seconds(2), escalate_to=OWNER, escalate_after=seconds(3)))
        here = Attendee(client, business, WAREHOUSE)
        report(client, business, 100)
        told = []
        while len(told) < 3:
            told += here.next().instructions
        done = here.answer(told[0], "DONE").answered[0]
        accepted = here.answer(told[1], "ACCEPTED").answered[0]
        server.kill()
        assert here.end().code() == grpc.StatusCode.UNAVAILABLE
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        here, owner = Attendee(client, business, WAREHOUSE), Attendee(client, business, OWNER)
        assert [i.id for i in here.first.instructions] == [told[1].id, told[2].id]
        assert here.first.instructions[0] == accepted
        assert here.answer(told[0], "DONE").answered[0] == done
        assert here.answer(told[0], "REFUSED").refused.reason == "INSTRUCTION_ENDED"
        assert here.instruction().id == told[2].id, "it is repeated"
        assert owner.instruction().escalated_from == told[2].id
        assert here.answer(told[1], "DONE").answered[0].state == state("DONE")
        assert len(instructions(client, business)) == 4
        assert len(warning_list(client, business)) == 1
        here.leave()
        owner.leave()
