"""Shorthands for tests that watch or list the marks of numbers."""

from api import locking

Kind = locking.LockEventKind


def kind(event):
    """The kind's name, short: "ALLOCATED"."""
    return Kind.Name(event.kind).removeprefix("LOCK_EVENT_KIND_")


class Watch:
    """A stream of events, read when a test asks for it. `cursor` is that of the last response."""

    def __init__(self, client, business, timeout=60, **fields):
        self.stream = client.WatchLocks(business=business, timeout=timeout, **fields)
        first = next(self.stream)
        assert first.progress and not first.events and first.cursor
        self.cursor = first.cursor
        self.responses = []

    def response(self):
        """The next one, with events or without."""
        response = next(self.stream)
        assert bool(response.events) != response.progress and response.cursor
        self.cursor = response.cursor
        self.responses.append(response)
        return response

    def events(self, count):
        """So many events, or a few more that came with the last of them."""
        events = []
        while len(events) < count:
            events += self.response().events
        return events

    def until(self, sequence):
        """All events up to one."""
        events = []
        while not events or events[-1].sequence < sequence:
            events += self.response().events
        return events

    def close(self):
        self.stream.cancel()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def list_locks(client, business, **fields):
    """All pages: the marks, the cursor, and how many pages it took."""
    locks, token, cursors, pages = [], "", set(), 0
    while True:
        page = client.ListLocks(business=business, page_token=token, **fields)
        locks += page.locks
        cursors.add(page.cursor)
        pages += 1
        token = page.next_page_token
        if not token:
            assert len(cursors) == 1
            return locks, cursors.pop(), pages


class Copy:
    """A client's copy of all marks: what is listed, and the events after it."""

    def __init__(self, locks=()):
        self.locks = {}
        for lock in locks:
            self.take(lock)

    def take(self, lock):
        known = self.locks.get(lock.number)
        if known is None or known.last_event < lock.last_event:
            self.locks[lock.number] = lock

    def apply(self, events):
        for event in events:
            if event.HasField("lock"):
                self.take(event.lock)
