"""Reads the past of a pool, page by page."""

from api import history

KINDS = {value: name.removeprefix("NUMBER_EVENT_KIND_").lower() for name, value in history.NumberEventKind.items()}
STATES = {value: name.removeprefix("SERIAL_STATE_").lower() for name, value in history.SerialState.items()}


def events(client, business, number, page_size=0):
    """All events of a number, and the last page."""
    found, token = [], ""
    while True:
        page = client.ListNumberEvents(business=business, number=number, page_size=page_size, page_token=token)
        found += page.events
        assert len(page.events) <= (page_size or 100)
        token = page.next_page_token
        if not token:
            break
    sequences = [event.sequence for event in found]
    assert sequences == sorted(set(sequences)), "events aren't in order"
    return found, page


def kinds(client, business, number, **fields):
    return [KINDS[event.kind] for event in events(client, business, number, **fields)[0]]


def account(client, business, page_size=0, **fields):
    """The state of every serial as {series: {serial: state}}, and the last page; checks all that a report promises."""
    states, token = {}, ""
    while True:
        page = client.GetGapReport(business=business, page_size=page_size, page_token=token, **fields)
        assert len(page.runs) <= (page_size or 100)
        for run in page.runs:
            serials = states.setdefault(run.series, {})
            assert run.first_serial == len(serials) + 1, "a gap in the account of gaps"
            assert run.first_serial <= run.last_serial
            for serial in range(run.first_serial, run.last_serial + 1):
                serials[serial] = STATES[run.state]
        token = page.next_page_token
        if not token:
            break
    for place, totals in enumerate(page.series):
        told = list(states[place].values())
        assert len(told) == totals.last_serial
        assert "unaccounted" not in told
        assert totals.in_stock == told.count("in_stock")
        assert totals.live == told.count("live")
        assert totals.waiting == told.count("waiting")
        assert totals.completed == told.count("completed")
        assert totals.retired == told.count("retired_after_release") + told.count("retired_after_expiry")
        assert totals.lapsed == told.count("lapsed")
        assert totals.before_start == told.count("before_start")
        assert totals.skipped == told.count("skipped")
    return states, page


def points(client, business, page_size=0, **fields):
    """All points of a series."""
    found, token = [], ""
    while True:
        page = client.ListCounterSeries(business=business, page_size=page_size, page_token=token, **fields)
        found += page.points
        assert len(page.points) <= (page_size or 100)
        token = page.next_page_token
        if not token:
            return found
