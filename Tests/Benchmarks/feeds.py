"""What it costs to tell a thousand readers of one feed what happened: beside the same work that nobody watches."""

import os
import pathlib
import re
import statistics

READERS = 1000
WATCHED = re.compile(r"watches got (\d+) events in (\d+) responses, 0 lost")
# Numbers in one Allocate, and how many of those a second. A commit, and so a response, has a call or a few.
SHAPES = [(1, 50), (10, 20), (100, 5)]


def measure(work, table):
    for count, rate in SHAPES:
        load = ["--rate", rate, "--count", count, "--seconds", 3 * work.seconds, "--warmup", 0, "--connections", 1]
        each, an_event, a_response = [], [], []
        for _ in range(work.rounds):
            cost = {}
            for watches in 0, READERS:
                work.title(f"{count} numbers a call, {rate} calls a second, {watches} readers")
                work.forget_store()
                with work.server() as server:
                    before = cpu_seconds(server.pid)
                    output = work.bench(server, *load, "--watches", watches)
                    cost[watches] = cpu_seconds(server.pid) - before
            events, responses = map(int, WATCHED.search(output).groups())
            more = cost[READERS] - cost[0]
            an_event.append(more / events * 1e6)
            a_response.append(more / responses * 1e6)
            each.append(events / responses)
        table.report(
            f"{READERS} readers of one feed, {count} a call: CPU of the server",
            f"{statistics.median(an_event):.2f} µs an event, {statistics.median(a_response):.2f} µs a response of "
            f"{statistics.median(each):.0f}",
        )


def cpu_seconds(pid):
    """User and system time of a process; its name, in parentheses, may hold anything."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
