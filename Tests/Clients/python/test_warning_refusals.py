"""Every refusal of WarningService by its code, reason and field, and that a refused call has changed nothing."""

import math
import time

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from api import refused, refusal, warnings as w, wrong_fields
from attendance import GOODS, PAGES, Stream, above, action, attendant, below, put_rule, report, seconds
from pools import request_id

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
LONG = "n" * 65
ALL = 4_000_000_000


def rule(client, business, **fields):
    fields = {"business": business, "name": "r", "kind": PAGES, "condition": above(2, 1), **fields}
    return client.PutRule(rule=w.Rule(**fields))


def level(client, business, raise_level=2.0, clear_level=1.0, direction=w.DIRECTION_ABOVE):
    threshold = w.Threshold(direction=direction, raise_level=raise_level, clear_level=clear_level)
    return rule(client, business, condition=w.Condition(threshold=threshold))


def change(client, business, window=60, raise_level=2.0, clear_level=1.0, direction=w.DIRECTION_ABOVE):
    condition = w.Change(
        direction=direction, window=seconds(window), raise_level=raise_level, clear_level=clear_level)
    return rule(client, business, condition=w.Condition(change=condition))


def horizon(client, business, kind=w.SIGNAL_KIND_STOCK_EXHAUSTION, within=60, beyond=120):
    condition = w.ForecastHorizon(raise_within=seconds(within), clear_beyond=seconds(beyond))
    return rule(client, business, kind=kind, condition=w.Condition(forecast=condition))


def absence(client, business, after):
    return rule(client, business, condition=w.Condition(absence=w.Absence(after=seconds(after))))


def signal(client, business, *signals, **fields):
    return client.ReportSignals(business=business, signals=signals, **fields)


def preset(client, business, name="p", steps=None, **fields):
    fields = {"attendant": attendant("OWNER", "zhang"), "kind": w.INSTRUCTION_KIND_RAISE_STOCK, **fields}
    steps = [w.PresetStep(**fields)] if steps is None else steps
    return client.PutPreset(preset=w.Preset(business=business, name=name, steps=steps))


def one(value=1.0, kind=PAGES, **fields):
    return w.Signal(kind=kind, value=value, **fields)


def at(offset):
    return Timestamp(seconds=int(time.time() + offset))


C = "rule.condition."
S = "preset.steps[0]."
RAISE_NAN = math.nan

# (the call, its code, its reason, its field)
ROWS = {
    "report, business": (lambda c, b: signal(c, "-", one()), "BUSINESS_INVALID", "business"),
    "report, none": (lambda c, b: signal(c, b), "SIGNALS_OUT_OF_RANGE", "signals"),
    "report, many": (lambda c, b: signal(c, b, *[one()] * 1001), "SIGNALS_OUT_OF_RANGE", "signals"),
    "report, no kind": (lambda c, b: signal(c, b, one(), one(kind=0)), "KIND_INVALID", "signals[1].kind"),
    "report, computed": (
        lambda c, b: signal(c, b, one(kind=w.SIGNAL_KIND_EXPIRE_RATE)), "KIND_NOT_REPORTED", "signals[0].kind"),
    "report, source": (lambda c, b: signal(c, b, one(source=LONG)), "SOURCE_TOO_LONG", "signals[0].source"),
    "report, value": (lambda c, b: signal(c, b, one(math.inf)), "VALUE_NOT_FINITE", "signals[0].value"),
    "report, old": (lambda c, b: signal(c, b, one(time=at(-8 * 86400))), "TIME_OUT_OF_RANGE", "signals[0].time"),
    "report, ahead": (lambda c, b: signal(c, b, one(time=at(120))), "TIME_OUT_OF_RANGE", "signals[0].time"),
    "report, no time": (
        lambda c, b: signal(c, b, one(time=Timestamp(nanos=-1))), "TIME_OUT_OF_RANGE", "signals[0].time"),
    "report, id": (lambda c, b: signal(c, b, one(), request_id="n" * 129), "REQUEST_ID_TOO_LONG", "request_id"),

    "rule, business": (lambda c, b: rule(c, ""), "BUSINESS_INVALID", "rule.business"),
    "rule, name": (lambda c, b: rule(c, b, name="a b"), "NAME_INVALID", "rule.name"),
    "rule, kind": (lambda c, b: rule(c, b, kind=19), "KIND_INVALID", "rule.kind"),
    "rule, source": (lambda c, b: rule(c, b, source=LONG), "SOURCE_TOO_LONG", "rule.source"),
    "rule, none": (lambda c, b: rule(c, b, condition=None), "CONDITION_MISSING", "rule.condition"),
    "level, side": (lambda c, b: level(c, b, direction=0), "DIRECTION_MISSING", C + "threshold.direction"),
    "level, nan": (lambda c, b: level(c, b, RAISE_NAN), "LEVEL_INVALID", C + "threshold.raise_level"),
    "level, clear": (lambda c, b: level(c, b, 2, 2), "CLEAR_LEVEL_INVALID", C + "threshold.clear_level"),
    "level, clear nan": (lambda c, b: level(c, b, 2, RAISE_NAN), "CLEAR_LEVEL_INVALID", C + "threshold.clear_level"),
    "level, below": (
        lambda c, b: level(c, b, 2, 1, w.DIRECTION_BELOW), "CLEAR_LEVEL_INVALID", C + "threshold.clear_level"),
    "change, side": (lambda c, b: change(c, b, direction=7), "DIRECTION_MISSING", C + "change.direction"),
    "change, window": (lambda c, b: change(c, b, 0.5), "DURATION_OUT_OF_RANGE", C + "change.window"),
    "change, long": (lambda c, b: change(c, b, 86401), "DURATION_OUT_OF_RANGE", C + "change.window"),
    "change, level": (lambda c, b: change(c, b, 60, 0), "LEVEL_INVALID", C + "change.raise_level"),
    "change, clear": (lambda c, b: change(c, b, 60, 2, 2), "CLEAR_LEVEL_INVALID", C + "change.clear_level"),
    "horizon, kind": (lambda c, b: horizon(c, b, PAGES), "KIND_NOT_FORECAST", "rule.kind"),
    "horizon, within": (
        lambda c, b: horizon(c, b, within=0), "DURATION_OUT_OF_RANGE", C + "forecast.raise_within"),
    "horizon, beyond": (
        lambda c, b: horizon(c, b, beyond=ALL), "DURATION_OUT_OF_RANGE", C + "forecast.clear_beyond"),
    "horizon, order": (lambda c, b: horizon(c, b, beyond=60), "CLEAR_LEVEL_INVALID", C + "forecast.clear_beyond"),
    "absence, short": (lambda c, b: absence(c, b, 0), "DURATION_OUT_OF_RANGE", C + "absence.after"),
    "absence, long": (lambda c, b: absence(c, b, ALL), "DURATION_OUT_OF_RANGE", C + "absence.after"),
    "rule, hold": (lambda c, b: rule(c, b, hold=Duration(seconds=-1)), "DURATION_OUT_OF_RANGE", "rule.hold"),
    "rule, severity": (lambda c, b: rule(c, b, severity=9), "SEVERITY_UNKNOWN", "rule.severity"),
    "rule, text": (lambda c, b: rule(c, b, text="t" * 257), "TEXT_TOO_LONG", "rule.text"),
    "rule, actions": (
        lambda c, b: rule(c, b, actions=[action("STOP_BUSINESS")] * 11), "ACTIONS_TOO_MANY", "rule.actions"),
    "rule, action": (lambda c, b: rule(c, b, actions=[w.Action()]), "ACTION_INVALID", "rule.actions[0].kind"),
    "rule, preset": (
        lambda c, b: rule(c, b, actions=[action("CALL_PRESET")]), "NAME_INVALID", "rule.actions[0].preset"),
    "dry run": (
        lambda c, b: c.DryRunRule(rule=w.Rule(business=b, name="r", kind=PAGES)), "CONDITION_MISSING",
        "rule.condition"),
    "rules, business": (lambda c, b: c.ListRules(business=""), "BUSINESS_INVALID", "business"),
    "rules, size": (lambda c, b: c.ListRules(business=b, page_size=-1), "PAGE_SIZE_OUT_OF_RANGE", "page_size"),
    "rules, token": (lambda c, b: c.ListRules(business=b, page_token=" "), "PAGE_TOKEN_INVALID", "page_token"),

    "preset, business": (lambda c, b: preset(c, " "), "BUSINESS_INVALID", "preset.business"),
    "preset, name": (lambda c, b: preset(c, b, name=""), "NAME_INVALID", "preset.name"),
    "preset, none": (lambda c, b: preset(c, b, steps=[]), "STEPS_OUT_OF_RANGE", "preset.steps"),
    "preset, whom": (lambda c, b: preset(c, b, attendant=attendant("OWNER")), "ATTENDANT_INVALID", S + "attendant"),
    "preset, nobody": (lambda c, b: preset(c, b, attendant=None), "ATTENDANT_INVALID", S + "attendant"),
    "preset, what": (
        lambda c, b: preset(c, b, kind=w.INSTRUCTION_KIND_STOP_BUSINESS), "INSTRUCTION_KIND_INVALID", S + "kind"),
    "preset, amount": (lambda c, b: preset(c, b, amount=-1), "AMOUNT_NEGATIVE", S + "amount"),
    "preset, note": (lambda c, b: preset(c, b, note="n" * 257), "NOTE_TOO_LONG", S + "note"),
    "preset, to": (
        lambda c, b: preset(c, b, escalate_to=w.Attendant()), "ATTENDANT_INVALID", S + "escalate_to"),
    "preset, repeat": (
        lambda c, b: preset(c, b, repeat_after=seconds(0)), "DURATION_OUT_OF_RANGE", S + "repeat_after"),
    "preset, escalate": (
        lambda c, b: preset(c, b, escalate_after=seconds(0)), "DURATION_OUT_OF_RANGE", S + "escalate_after"),
    "preset, expire": (
        lambda c, b: preset(c, b, expire_after=seconds(ALL)), "DURATION_OUT_OF_RANGE", S + "expire_after"),
    "presets, business": (lambda c, b: c.ListPresets(business=""), "BUSINESS_INVALID", "business"),

    "warnings, kinds": (lambda c, b: c.ListWarnings(kinds=[PAGES] * 33), "KINDS_TOO_MANY", "kinds"),
    "warnings, kind": (lambda c, b: c.ListWarnings(kinds=[PAGES, 19]), "KIND_INVALID", "kinds[1]"),
    "warnings, severity": (
        lambda c, b: c.ListWarnings(least_severity=9), "SEVERITY_UNKNOWN", "least_severity"),
    "warnings, size": (lambda c, b: c.ListWarnings(page_size=1001), "PAGE_SIZE_OUT_OF_RANGE", "page_size"),
    "warnings, token": (lambda c, b: c.ListWarnings(page_token="5"), "PAGE_TOKEN_INVALID", "page_token"),
    "instructions, token": (
        lambda c, b: c.ListInstructions(page_token="0-0"), "PAGE_TOKEN_INVALID", "page_token"),
    "instructions, size": (
        lambda c, b: c.ListInstructions(page_size=-1), "PAGE_SIZE_OUT_OF_RANGE", "page_size"),
    "instructions, whom": (
        lambda c, b: c.ListInstructions(attendant=w.Attendant(name="x")), "ATTENDANT_INVALID", "attendant"),
    "acknowledge, who": (
        lambda c, b: c.AcknowledgeWarning(id=1), "ACKNOWLEDGED_BY_INVALID", "acknowledged_by"),
    "acknowledge, note": (
        lambda c, b: c.AcknowledgeWarning(id=1, acknowledged_by="me", note="n" * 257), "NOTE_TOO_LONG", "note"),
    "forecast, business": (lambda c, b: c.GetForecast(business=" "), "BUSINESS_INVALID", "business"),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_invalid(client, business, row):
    call, reason, field = row
    refusal = refused(call, client, business)
    assert (refusal.code, refusal.reason, wrong_fields(refusal)) == (INVALID, reason, [field])
    assert not client.ListRules(business=business).rules and not client.ListPresets(business=business).presets


def test_not_found(client, business):
    for call, reason, metadata in (
        (lambda: client.GetRule(business=business, name="r"), "RULE_NOT_FOUND", {}),
        (lambda: client.DeleteRule(business=business, name="r"), "RULE_NOT_FOUND", {}),
        (lambda: client.DeletePreset(business=business, name="p"), "PRESET_NOT_FOUND", {"field": "name"}),
        (lambda: rule(client, business, actions=[action("CALL_PRESET", "p")]), "PRESET_NOT_FOUND",
         {"field": "rule.actions[0].preset"}),
        (lambda: client.AcknowledgeWarning(id=1 << 60, acknowledged_by="me"), "WARNING_NOT_FOUND", {}),
        (lambda: client.GetForecast(business=business), "POOL_NOT_FOUND", {}),
    ):
        refusal = refused(call)
        assert (refusal.code, refusal.reason, refusal.metadata) == (NOT_FOUND, reason, metadata)


def test_state(client, business):
    rule(client, business)
    refusal = refused(
        client.PutRule, rule=w.Rule(business=business, name="r", kind=PAGES, condition=above(2, 1)),
        expected_version=2)
    assert (refusal.code, refusal.reason) == (PRECONDITION, "VERSION_MISMATCH")
    assert refusal.metadata == {"field": "expected_version", "version": "1"}
    same = request_id()
    client.DeleteRule(business=business, name="r", request_id=same)
    refusal = refused(client.DeleteRule, business=business, name="s", request_id=same)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")


def test_too_many(client, business):
    for place in range(200):
        rule(client, business, name=f"r{place}")
    refusal = refused(rule, client, business, name="one-more")
    assert (refusal.code, refusal.reason, refusal.metadata) == (EXHAUSTED, "RULES_EXHAUSTED", {"limit": "200"})
    rule(client, business, name="r0")
    for place in range(100):
        preset(client, business, name=f"p{place}")
    refusal = refused(preset, client, business, name="one-more")
    assert (refusal.code, refusal.reason, refusal.metadata) == (EXHAUSTED, "PRESETS_EXHAUSTED", {"limit": "100"})
    signal(client, business, *[one(source=f"s{place}") for place in range(64)])
    refusal = refused(signal, client, business, one(), one(source="another"))
    assert (refusal.code, refusal.reason) == (EXHAUSTED, "SOURCES_EXHAUSTED")
    assert refusal.metadata == {"field": "signals[0].source", "limit": "64"}
    signal(client, business, one(source="s0"))


def test_streams(client, business):
    def refused_stream(method, *messages):
        call = client.stub(method)
        stream = Stream(call(iter(messages)) if method == "Attend" else call(messages[0]))
        return refusal(stream.end())

    watch = w.WatchWarningsRequest
    here = w.Attendance(business=business, attendant=attendant("BUSINESS"))
    for method, messages, code, reason, fields in (
        ("WatchWarnings", [watch(business="a/b")], INVALID, "BUSINESS_INVALID", ["business"]),
        ("WatchWarnings", [watch(kinds=[PAGES] * 33)], INVALID, "KINDS_TOO_MANY", ["kinds"]),
        ("WatchWarnings", [watch(progress_interval=seconds(0))], INVALID, "PROGRESS_INTERVAL_OUT_OF_RANGE",
         ["progress_interval"]),
        ("WatchWarnings", [watch(progress_interval=seconds(601))], INVALID, "PROGRESS_INTERVAL_OUT_OF_RANGE",
         ["progress_interval"]),
        ("WatchWarnings", [watch(max_updates_per_second=-1)], INVALID, "UPDATE_RATE_OUT_OF_RANGE",
         ["max_updates_per_second"]),
        ("WatchWarnings", [watch(max_updates_per_second=101)], INVALID, "UPDATE_RATE_OUT_OF_RANGE",
         ["max_updates_per_second"]),
        ("WatchWarnings", [watch(cursor="")], INVALID, "CURSOR_INVALID", ["cursor"]),
        ("WatchWarnings", [watch(cursor="xyz")], INVALID, "CURSOR_INVALID", ["cursor"]),
        ("Attend", [], INVALID, "ATTENDANCE_MISSING", ["attendance"]),
        ("Attend", [w.AttendRequest(answer=w.Answer(instruction=1))], INVALID, "ATTENDANCE_MISSING",
         ["attendance"]),
        ("Attend", [w.AttendRequest(attendance=here), w.AttendRequest(attendance=here)], INVALID,
         "ATTENDANCE_TWICE", ["attendance"]),
        ("Attend", [w.AttendRequest(attendance=here), w.AttendRequest()], INVALID, "MESSAGE_MISSING", ["answer"]),
        ("Attend", [w.AttendRequest(attendance=w.Attendance(business=" "))], INVALID, "BUSINESS_INVALID",
         ["attendance.business"]),
        ("Attend", [w.AttendRequest(attendance=w.Attendance(business=business))], INVALID,
         "ATTENDANT_INVALID", ["attendance.attendant"]),
        ("Attend", [w.AttendRequest(attendance=w.Attendance(
            business=business, attendant=attendant("BUSINESS"), progress_interval=seconds(601)))], INVALID,
         "PROGRESS_INTERVAL_OUT_OF_RANGE", ["attendance.progress_interval"]),
    ):
        found = refused_stream(method, *messages)
        assert (found.code, found.reason, wrong_fields(found)) == (code, reason, fields)
    messages = [w.ReportSignalStreamRequest(business=business, signals=[one()])] * 2
    messages.insert(1, w.ReportSignalStreamRequest(business=business))
    found = refused(lambda: client.stub("ReportSignalStream")(iter(messages), timeout=20))
    assert (found.code, found.reason, found.metadata) == (INVALID, "SIGNALS_OUT_OF_RANGE", {"message": "1"})


@pytest.mark.parametrize("method, field", [("PutRule", "rule"), ("DryRunRule", "rule"), ("PutPreset", "preset")])
def test_a_request_without_its_message(client, method, field):
    found = refused(getattr(client, method))
    assert (found.code, found.reason, wrong_fields(found)) == (INVALID, "MESSAGE_MISSING", [field])
