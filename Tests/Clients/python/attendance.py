"""Shorthands for signals, rules, and those who attend."""

import queue
import threading

import grpc
from google.protobuf.duration_pb2 import Duration

from api import warnings as w
from pools import request_id

GOODS = w.SIGNAL_KIND_GOODS_SUPPLY
PAGES = w.SIGNAL_KIND_PAGE_TRAFFIC


def above(raise_level, clear_level):
    return w.Condition(
        threshold=w.Threshold(direction=w.DIRECTION_ABOVE, raise_level=raise_level, clear_level=clear_level)
    )


def below(raise_level, clear_level):
    return w.Condition(
        threshold=w.Threshold(direction=w.DIRECTION_BELOW, raise_level=raise_level, clear_level=clear_level)
    )


def action(name, preset=""):
    return w.Action(kind=w.ActionKind.Value("ACTION_KIND_" + name), preset=preset)


def put_rule(client, business, name="r", kind=PAGES, condition=None, hold=None, **fields):
    rule = w.Rule(business=business, name=name, kind=kind, condition=condition or above(100, 50), **fields)
    if hold is not None:
        rule.hold.FromMilliseconds(int(hold * 1000))
    return client.PutRule(rule=rule, request_id=request_id()).rule


def report(client, business, value, kind=PAGES, source="", time=None, **fields):
    signal = w.Signal(kind=kind, source=source, value=value)
    if time is not None:
        signal.time.FromMicroseconds(int(time * 1e6))
    fields.setdefault("request_id", request_id())
    return client.ReportSignals(business=business, signals=[signal], **fields)


def warning_list(client, business, history=True, **fields):
    return list(client.ListWarnings(business=business, history=history, **fields).warnings)


def seconds(value):
    return Duration(nanos=int(value % 1 * 1e9), seconds=int(value))


def attendant(role, name=""):
    return w.Attendant(role=w.AttendantRole.Value("ATTENDANT_ROLE_" + role), name=name)


class Stream:
    """A stream that is read by a thread of its own: `next` waits for what comes, `error` is how it ended."""

    def __init__(self, call):
        self.call = call
        self.error = None
        self._items = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            for item in self.call:
                self._items.put(item)
        except grpc.RpcError as error:
            self.error = error
        self._items.put(None)

    def next(self, seconds=10):
        item = self._items.get(timeout=seconds)
        assert item is not None, f"the stream has ended: {self.error}"
        return item

    def end(self, seconds=10):
        """How the stream ends, after what is left of it."""
        while self._items.get(timeout=seconds) is not None:
            pass
        return self.error

    def cancel(self):
        self.call.cancel()


class Attendee(Stream):
    """Somebody who attends. Progress is passed over."""

    def __init__(self, client, business, who, progress=None):
        self._requests = queue.Queue()
        attendance = w.Attendance(business=business, attendant=who, progress_interval=progress)
        self._requests.put(w.AttendRequest(attendance=attendance))
        super().__init__(client.stub("Attend")(iter(self._requests.get, None)))
        self.first = self.next()

    def answer(self, instruction, state, note=""):
        number = instruction if isinstance(instruction, int) else instruction.id
        state = w.InstructionState.Value("INSTRUCTION_STATE_" + state)
        self._requests.put(w.AttendRequest(answer=w.Answer(instruction=number, state=state, note=note)))
        while True:
            response = self.next()
            if response.answered or response.HasField("refused"):
                return response

    def instruction(self, seconds=10):
        """The next one that it is told."""
        while True:
            response = self.next(seconds)
            if response.instructions:
                assert len(response.instructions) == 1
                return response.instructions[0]

    def leave(self):
        self._requests.put(None)
        assert self.end() is None
