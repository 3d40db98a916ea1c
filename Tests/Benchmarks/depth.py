"""Forwarding with 2 million orders in the queue of each of three units, beside empty queues.

The orders are given in by the bench, a thousand a call; no unit takes anything, so all of them stay queued. A lane can't
hold so many: it empties when it has a batch.
"""

import statistics
import time

from large import RESIDENT, serving
from open_loop import figures

ORDERS, ORDERS_A_CALL = 2_000_000, 1_000
SHARE_WHEN_SHORT = 10


def measure(work, table):
    orders = ORDERS // SHARE_WHEN_SHORT if work.rounds == 1 else ORDERS
    folders = {"empty": work.folder / "shallow", "deep": work.folder / "deep"}
    for folder in folders.values():
        folder.mkdir()
    work.title(f"give in {orders} orders")
    with serving(work, folders["deep"] / "store.db") as server:
        calls = orders // ORDERS_A_CALL
        work.bench(server, "--method", "submit", "--calls", calls, "--count", ORDERS_A_CALL, "--streams", 4)
    size = (folders["deep"] / "store.db").stat().st_size
    found = {name: [] for name in folders}
    for _ in range(work.rounds):
        for name, folder in folders.items():
            work.title(f"{name} queues")
            found[name].append(run(work, folder / "store.db"))
            print("start-up {:.2f} s, {:.0f} MB; {:.0f}/s, p50 {:.1f}, p99 {:.1f} ms".format(*found[name][-1]))
    for name, rounds in found.items():
        start, memory, rate, p50, p99 = (statistics.median(column) for column in zip(*rounds))
        what = f"{orders} orders queued at each of three units" if name == "deep" else "empty queues"
        table.report(f"{what}: start-up, memory then", f"{start:.2f} s, {memory:.0f} MB")
        table.report(f"{what}: Submit, c=8 m=32", f"{rate:.0f}/s, p50 {p50:.1f}, p99 {p99:.1f} ms")
    table.report("bytes of disk an order of 200 bytes", f"{size / orders:.0f}")


def run(work, store):
    began = time.monotonic()
    with serving(work, store) as server:
        start = time.monotonic() - began
        memory = int(RESIDENT.search(open(f"/proc/{server.pid}/status").read())[1]) * 1024 / 1e6
        options = ["--method", "submit", "--seconds", work.seconds, "--warmup", 1]
        rate, p50, p99, _ = figures(work.bench(server, *options))
    return start, memory, rate, p50, p99
