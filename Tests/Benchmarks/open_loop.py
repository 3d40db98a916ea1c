"""Latencies in open loop, at half of what server and bench can do together on this machine."""

import re
import statistics

FIGURES = re.compile(r"^(\d+) /s  p50 ([\d.]+) ms  p99 ([\d.]+) ms  p99.9 ([\d.]+) ms", re.MULTILINE)


def measure(work, table):
    rates, rounds = [], []
    load = ["--method", "parse", "--warmup", 1]
    work.forget_store()
    with work.server("--loops", "1") as server:
        for _ in range(work.rounds):
            work.title("the capacity: unary calls without storage, closed loop")
            rates.append(figures(work.bench(server, *load, "--seconds", work.seconds))[0])
            work.title("the same calls in open loop at half of it")
            half = statistics.median(rates) / 2
            rounds.append(figures(work.bench(server, *load, "--seconds", 3 * work.seconds, "--rate", half)))
    rate, p50, p99, p999 = (statistics.median(column) for column in zip(*rounds))
    what = f"open loop at 50 % of capacity ({rate:.0f} of {statistics.median(rates):.0f} calls a second)"
    table.report(f"{what}: p50, p99, p99.9", f"{p50:.2f}, {p99:.2f}, {p999:.2f} ms")
    table.report("p99.9 against p50 (aim: ≤ 10)", f"{p999 / p50:.1f}" if p50 else "p50 is below 0.01 ms")


def figures(output):
    """Calls a second, then p50, p99 and p99.9 in milliseconds."""
    return tuple(map(float, FIGURES.search(output).groups()))
