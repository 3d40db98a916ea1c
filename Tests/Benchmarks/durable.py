"""Durable work: Allocate, AllocateStream and Complete over the wire, and the store's writer without the rest."""

import statistics
import subprocess

from open_loop import figures

KINDS = [
    ("Allocate, at most 256 in a commit, c=8 m=32", ["--batch-limit", "256"], ["--connections", 8, "--streams", 32]),
    ("Allocate, at most 256 in a commit, c=100 m=10", ["--batch-limit", "256"], ["--connections", 100, "--streams", 10]),
    ("Allocate, one in a commit, c=8 m=32", ["--batch-limit", "1"], ["--connections", 8, "--streams", 32]),
    ("Allocate, one in a commit, c=100 m=10", ["--batch-limit", "1"], ["--connections", 100, "--streams", 10]),
    ("Allocate and Complete, c=8 m=32", [], ["--complete"]),
    ("AllocateStream, 8 with 32 in flight", [], ["--method", "allocate-stream"]),
    ("AllocateStream of 100 numbers, 8 with 32 in flight", [], ["--method", "allocate-stream", "--count", 100, "--warmup", 1]),
    ("Allocate, open loop of 1000 a second", [], ["--rate", 1000]),
]


def measure(work, table):
    rounds = {kind: [] for kind, _, _ in KINDS}
    for _ in range(work.rounds):
        for kind, server_options, load in KINDS:
            work.title(f"{kind}, durable")
            work.forget_store()
            with work.server(*server_options) as server:
                rounds[kind].append(figures(work.bench(server, *load, "--seconds", work.seconds)))
    for kind, found in rounds.items():
        rate, p50, p99, p999 = (statistics.median(column) for column in zip(*found))
        table.report(f"{kind}, durable", f"{rate:.0f}/s, p50 {p50:.1f}, p99 {p99:.1f}, p99.9 {p999:.1f} ms")


def measure_store(work, table):
    work.title("the writer alone: a durable operation of the store, half insert, half update")
    work.forget_store()
    subprocess.run([".build/release/store-bench", str(work.folder), str(2 * work.seconds)], check=True)
