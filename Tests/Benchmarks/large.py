"""A store of 2 million live locks and 20 million events beside an empty one: start-up, memory, rate and latencies.

The large store is made of a real one by writing rows straight into its tables, in a few minutes instead of hours: the locks
hang on leases of four numbers each, so there are half a million of these, which run out after the measurement; the
events are copies of chunks that a real load appended, under the sequences that would have come next. Reading what these
events say makes no sense; what they take does.
"""

import contextlib
import itertools
import re
import sqlite3
import statistics
import subprocess
import time

from open_loop import figures
from work import PROGRAM

LOCKS, EVENTS = 2_000_000, 20_000_000
LOCKS_A_LEASE = 4
LEASE_US = 86_400_000_000
BUSINESS = "bench"
SHARE_WHEN_SHORT = 10
RESIDENT = re.compile(r"^VmRSS:\s+(\d+) kB", re.MULTILINE)


def measure(work, table):
    locks, events = LOCKS, EVENTS
    if work.rounds == 1:
        locks, events = locks // SHARE_WHEN_SHORT, events // SHARE_WHEN_SHORT
    folders = {"empty": work.folder / "empty", "large": work.folder / "large"}
    for folder in folders.values():
        folder.mkdir()
        # The pool, and for the large one some real events.
        with serving(work, folder / "store.db") as server:
            work.bench(server, "--calls", 50_000, quiet=True)
    work.title(f"fill a store with {locks} locks and {events} events")
    began = time.monotonic()
    fill(folders["large"] / "store.db", locks, events)
    size = (folders["large"] / "store.db").stat().st_size
    print(f"{time.monotonic() - began:.0f} s, {size / 1e9:.2f} GB")
    found = {name: [] for name in folders}
    for _ in range(work.rounds):
        for name, folder in folders.items():
            work.title(f"{name} store")
            found[name].append(run(work, folder / "store.db"))
            print("start-up {:.2f} s, {:.0f} MB; {:.0f}/s, p50 {:.1f}, p99 {:.1f} ms".format(*found[name][-1]))
    report(table, locks, events, size, {name: medians(rounds) for name, rounds in found.items()})


def medians(rounds):
    return [statistics.median(column) for column in zip(*rounds)]


def report(table, locks, events, size, found):
    for name, (start, memory, rate, p50, p99) in found.items():
        what = f"a store of {locks} live locks and {events} events" if name == "large" else "a store of 50,000 locks"
        table.report(f"{what}: start-up, memory then", f"{start:.2f} s, {memory:.0f} MB")
        table.report(f"{what}: Allocate, c=8 m=32", f"{rate:.0f}/s, p50 {p50:.1f}, p99 {p99:.1f} ms")
    (start, memory), (start_empty, memory_empty) = found["large"][:2], found["empty"][:2]
    more = [10 * (large - empty) + empty for large, empty in ((start, start_empty), (memory, memory_empty))]
    table.report("bytes of memory a lock, its share of a lease included", f"{(memory - memory_empty) * 1e6 / locks:.0f}")
    table.report(
        "at ten times that, if it goes on as it began",
        f"start-up {more[0]:.0f} s, {more[1] / 1000:.1f} GB of memory, {size / 1e8:.0f} GB of disk",
    )


def run(work, store):
    began = time.monotonic()
    with serving(work, store) as server:
        start = time.monotonic() - began
        memory = int(RESIDENT.search(open(f"/proc/{server.pid}/status").read())[1]) * 1024 / 1e6
        rate, p50, p99, _ = figures(work.bench(server, "--seconds", work.seconds, "--warmup", 1))
    return start, memory, rate, p50, p99


@contextlib.contextmanager
def serving(work, store):
    """A server on a store, and its orderly end."""
    command = [PROGRAM, "serve", "--store", f"sqlite:{store}", "--listen", "127.0.0.1:0", "--log-level", "warning"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            if not line.startswith("orderwire ready"):
                raise SystemExit("the server did not start")
            yield Served(process.pid, dict(re.findall(r"\b(h2c)=(\S+)", line)))
        finally:
            process.terminate()


class Served:
    def __init__(self, pid, addresses):
        self.pid, self.addresses = pid, addresses


def fill(path, locks, events):
    """Adds live locks to the pool of the store at `path`, which nobody has open, and events to its feed."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as store:
        store.execute("PRAGMA synchronous = OFF")
        store.execute("BEGIN")
        add_locks(store, locks)
        add_events(store, events)
        store.execute("COMMIT")
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def add_locks(store, count):
    (pool,) = store.execute("SELECT pool FROM number_pool WHERE business = ?", (BUSINESS,)).fetchone()
    now, boot = store.execute("SELECT time_us, boot_us FROM writer_batch").fetchone()
    edition, period, serial = store.execute(
        "SELECT edition, period, next_serial FROM number_series WHERE pool = ?", (pool,)
    ).fetchone()
    (lease,) = store.execute("SELECT next_lease FROM number_counter WHERE pool = ?", (pool,)).fetchone()
    fixed = {
        "pool": pool, "edition": edition, "period": period, "generation": 1, "generated_us": now, "allocated_us": now,
        "holder": "bulk", "principal": "", "lease_ttl_us": LEASE_US, "lease_expires_boot_us": boot + LEASE_US,
    }
    names = [*fixed, "serial", "lease"]
    values = tuple(fixed.values())
    rows = ((*values, serial + place, lease + place // LOCKS_A_LEASE) for place in range(count))
    store.executemany(f"INSERT INTO number_lock ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", rows)
    leases = -(-count // LOCKS_A_LEASE)
    store.execute("UPDATE number_series SET next_serial = next_serial + ? WHERE pool = ?", (count, pool))
    if "live" in (row[1] for row in store.execute("PRAGMA table_info(number_series)")):
        store.execute("UPDATE number_series SET live = live + ? WHERE pool = ?", (count, pool))
    store.execute(
        "UPDATE number_counter SET generated = generated + ?, allocated = allocated + ?, next_lease = next_lease + ? "
        "WHERE pool = ?",
        (count, count, leases, pool),
    )


def add_events(store, count):
    """Appends copies of the newest chunks of the pool's feed, until there are so many messages more."""
    (feed,) = store.execute("SELECT feed FROM feed WHERE business = ?", (BUSINESS,)).fetchone()
    chunks = store.execute(
        "SELECT last - first + 1, time_us, payload FROM feed_chunk WHERE feed = ? ORDER BY last DESC LIMIT 100", (feed,)
    ).fetchall()
    (head,) = store.execute("SELECT MAX(last) FROM feed_chunk WHERE feed = ?", (feed,)).fetchone()
    newest = max(moment for _, moment, _ in chunks)

    def rows(last):
        end = last + count
        for messages, _, payload in itertools.cycle(chunks):
            if last >= end:
                return
            last += messages
            yield feed, last, last - messages + 1, newest, payload

    store.executemany("INSERT INTO feed_chunk (feed, last, first, time_us, payload) VALUES (?, ?, ?, ?, ?)", rows(head))
