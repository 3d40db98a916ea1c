"""What connections cost in memory that are open and idle."""

import re
import statistics

MEBIBYTES = re.compile(r"with them: ([-\d.]+) MiB more")


def measure(work, table):
    hold = ["--seconds", work.seconds]
    held(work, table, 1000, 0, 30, 15, "TLS", *hold)
    held(work, table, 5000, 1, 150, 60, "h2c", *hold)


def held(work, table, connections, streams, must, aim, transport, *options):
    """Each round has a new server, for memory that a server has used once it keeps for later."""
    more = []
    for _ in range(work.rounds):
        work.title(f"{connections} connections, {transport}, {streams} streams each")
        work.forget_store()
        with work.server(*work.tls_options()) as server:
            ways = {"h2c": ["--connect", server.addresses["h2c"]]}
            ways["TLS"] = ["--connect", server.tls, "--tls-ca", str(work.certificates() / "ca.pem")]
            # The base is that of a server that has worked, over both transports.
            for way in ways.values():
                work.bench(server, *way, "--method", "parse", "--calls", 20_000, quiet=True)
            shape = ["--idle", "--connections", connections, "--streams", streams]
            more.append(float(MEBIBYTES.search(work.bench(server, *ways[transport], *shape, *options))[1]))
    what = f"{connections} idle {transport} connections"
    if streams:
        what += f" with {streams} open stream each"
    # In millions of bytes, as the limits are.
    table.add(f"{what}: memory over the base", must, aim, statistics.median(more) * 1.048576, " MB")
