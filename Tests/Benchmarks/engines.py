"""Durable allocation beside Redis 7 and etcd 3.4, each with the same effects, all data on the same disk.

An allocation takes the next numbers, writes for each a lock with holder, generation, lease and expiry, counts them, and
remembers the request id with the answer; it is answered after an fsync.

Redis does it by a Lua script with `appendfsync always`; its AOF is never rewritten. `redis-benchmark` keeps as many calls
under way as our bench does. etcd does it by a transaction that h2load sends again and again: the same keys each time,
which keeps etcd's index small, numbers and counter chosen by the client, which saves etcd the contention for them, and
the expiry in the lock's value, which saves it a grant. So both are spared what we aren't.
"""

import contextlib
import os
import re
import resource
import shutil
import statistics
import struct
import subprocess
import time

from open_loop import figures
from transport import field, free_port, varint

CONNECTIONS, STREAMS = 8, 32
# A pool has up to ten million live numbers: a hundred a call come to so many within four seconds.
SECONDS_OF_MANY = 2
TOOLS = {
    "redis-server": "redis-server",
    "redis-benchmark": "redis-tools",
    "redis-cli": "redis-tools",
    "etcd": "etcd-server",
    "etcdctl": "etcd-client",
    "h2load": "nghttp2-client",
}
START_SECONDS = 20
# The most that redis-benchmark draws from.
RANDOM_IDS = 2**31 - 1

SCRIPT = """
local id, holder, count, now, ttl = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local known = redis.call('GET', 'request:' .. id)
if known then return known end
local last = redis.call('HINCRBY', KEYS[1], 'serial', count)
local lease = redis.call('HINCRBY', KEYS[1], 'lease', 1)
redis.call('HINCRBY', KEYS[1], 'allocated', count)
local answer = {}
for serial = last - count + 1, last do
  local number = string.format('B%012d', serial)
  redis.call('HSET', 'lock:' .. number, 'holder', holder, 'generation', 1, 'lease', lease, 'allocated', now)
  answer[#answer + 1] = number
end
redis.call('HSET', 'lease:' .. lease, 'holder', holder, 'ttl', ttl, 'expires', now + ttl)
redis.call('ZADD', 'leases', now + ttl, lease)
local text = table.concat(answer, ' ')
redis.call('SET', 'request:' .. id, text, 'EX', 86400)
return text
"""


def measure(work, table):
    missing = sorted({package for tool, package in TOOLS.items() if not shutil.which(tool)})
    if missing:
        return table.miss("allocation beside Redis and etcd", f"apt-get install {' '.join(missing)}")
    if (kind := file_system(work.folder)) in ("tmpfs", "ramfs"):
        return table.miss("allocation beside Redis and etcd", f"{work.folder} is no disk but {kind}")
    runs = {
        "ours, 1 a call": lambda: ours(work, 1),
        "Redis, 1 a call": lambda: redis(work, 1),
        "etcd, 1 a call": lambda: etcd(work),
        "ours, 100 a call": lambda: ours(work, 100),
        "Redis, 100 a call": lambda: redis(work, 100),
    }
    rounds = {name: [] for name in runs}
    for _ in range(work.rounds):
        for name, run in runs.items():
            work.title(f"{name}, c={CONNECTIONS} m={STREAMS}, durable")
            rounds[name].append(run())
            print(rounds[name][-1], flush=True)
    medians = {}
    for name, found in rounds.items():
        medians[name] = statistics.median(one.numbers for one in found)
        load = statistics.median(one.load for one in found)
        p50, p99 = (statistics.median(column) for column in zip(*(one.latencies for one in found)))
        table.report(
            f"{name}, c={CONNECTIONS} m={STREAMS}",
            f"{medians[name]:.0f} numbers/s, p50 {p50:.1f}, p99 {p99:.1f} ms; the load took {load:.0%} of a core",
        )
    one = medians["ours, 1 a call"]
    table.add_least("single allocations: our rate against etcd's", 10, one / medians["etcd, 1 a call"])
    table.add_least("single allocations: our rate against Redis'", 1, one / medians["Redis, 1 a call"])
    hundred = medians["ours, 100 a call"] / medians["Redis, 100 a call"]
    table.add_least("100 a call: our numbers a second against Redis'", 5, hundred)
    half_of_capacity(work, table, one)


def half_of_capacity(work, table, capacity):
    rounds = []
    for _ in range(work.rounds):
        work.title("single allocations in open loop, at half of capacity")
        work.forget_store()
        with work.server() as server:
            load = ["--connections", CONNECTIONS, "--streams", STREAMS, "--rate", capacity / 2]
            rounds.append(figures(work.bench(server, *load, "--seconds", 2 * work.seconds)))
    rate, p50, p99, p999 = (statistics.median(column) for column in zip(*rounds))
    table.report(
        f"single allocations in open loop, {rate:.0f}/s", f"p50 {p50:.2f}, p99 {p99:.2f}, p99.9 {p999:.2f} ms"
    )


class Measured:
    """What a run of one engine came to."""

    def __init__(self, numbers, latencies, load):
        self.numbers = numbers  # a second
        self.latencies = latencies  # p50 and p99 in milliseconds, of calls
        self.load = load  # processors that the load's own process took

    def __str__(self):
        p50, p99 = self.latencies
        return f"{self.numbers:.0f} numbers/s, p50 {p50:.2f} ms, p99 {p99:.2f} ms; load {self.load:.2f} cores"


def ours(work, count):
    work.forget_store()
    with work.server() as server:
        with own_processors() as load:
            seconds = work.seconds if count == 1 else min(work.seconds, SECONDS_OF_MANY)
            options = ["--connections", CONNECTIONS, "--streams", STREAMS, "--count", count]
            rate, p50, p99, _ = figures(work.bench(server, *options, "--warmup", 1, "--seconds", seconds, quiet=True))
    return Measured(rate * count, (p50, p99), load[0])


def redis(work, count):
    """As many calls as take about the time asked for, by a first guess from a short run."""
    with redis_server(work) as port:
        cli = ["redis-cli", "-p", str(port)]
        sha = output([*cli, "SCRIPT", "LOAD", SCRIPT])
        rate, _, _ = redis_load(port, sha, count, max(2_000, 20_000 // count), "guess")
        before = int(output([*cli, "HGET", "pool", "allocated"]))
        calls = max(2_000, int(rate * work.seconds))
        rate, latencies, load = redis_load(port, sha, count, calls, "measured")
        done = int(output([*cli, "HGET", "pool", "allocated"])) - before
        # An id drawn twice is answered as the first time; the last pipelines are sent whole.
        if not 0.99 * calls <= done / count <= calls + CONNECTIONS * STREAMS:
            raise SystemExit(f"Redis allocated {done} numbers in {calls} calls of {count}")
        if "aof_last_write_status:ok" not in output([*cli, "INFO", "persistence"]):
            raise SystemExit("Redis could not write its AOF")
    return Measured(rate * count, latencies, load)


def redis_load(port, sha, count, calls, run):
    """The ids begin with the run's name: redis-benchmark may draw the same numbers again in its next run."""
    shape = ["-c", str(CONNECTIONS), "-P", str(STREAMS), "-n", str(calls), "-r", str(RANDOM_IDS)]
    arguments = [sha, "1", "pool", f"{run}-__rand_int__", "bench", str(count), str(time.time_ns() // 1000), "600000000"]
    with own_processors() as load:
        text = output(["redis-benchmark", "-p", str(port), *shape, "--csv", "EVALSHA", *arguments])
    # "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
    columns = re.findall(r'"([^"]*)"', text.splitlines()[-1])[-7:]
    return float(columns[0]), (float(columns[3]), float(columns[5])), load[0]


@contextlib.contextmanager
def redis_server(work):
    folder = fresh(work, "redis")
    port = free_port()
    options = {
        "port": port, "bind": "127.0.0.1", "dir": folder, "appendonly": "yes", "appendfsync": "always", "save": "",
        "auto-aof-rewrite-percentage": 0, "daemonize": "no", "logfile": folder / "log",
    }
    command = ["redis-server", *(str(part) for name, value in options.items() for part in (f"--{name}", value))]
    with running(command, ["redis-cli", "-p", str(port), "PING"]):
        if "always" not in output(["redis-cli", "-p", str(port), "CONFIG", "GET", "appendfsync"]):
            raise SystemExit("Redis does not sync every write")
        yield port


def etcd(work):
    """The revision counts transactions: it tells whether what h2load saw answered was done."""
    with etcd_server(work) as address:
        body = work.folder / "transaction"
        message = transaction()
        body.write_bytes(struct.pack(">BI", 0, len(message)) + message)
        log = work.folder / "h2load.log"
        log.unlink(missing_ok=True)
        before = revision(address)
        shape = ["-c", str(CONNECTIONS), "-m", str(STREAMS), "-D", str(work.seconds), "--log-file", str(log)]
        headers = ["-H", "content-type: application/grpc", "-H", "te: trailers"]
        began = time.monotonic()
        with own_processors() as load:
            output(["h2load", *shape, *headers, "-d", str(body), f"http://{address}/etcdserverpb.KV/Txn"])
        seconds = time.monotonic() - began
        done = revision(address) - before
        times = sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines() if line.split("\t")[1] == "200")
        if not times or not 0.9 <= done / len(times) <= 1.1:
            raise SystemExit(f"etcd made {done} transactions, h2load saw {len(times)} answered")
    latencies = tuple(times[int(len(times) * share)] / 1000 for share in (0.5, 0.99))
    return Measured(done / seconds, latencies, load[0])


def transaction():
    """A TxnRequest: if no request has this id from the future, put the lock, the counter and the request."""
    now = time.time_ns() // 1000
    lock = '{"holder":"bench","generation":1,"lease":%d,"allocated":%d,"expires":%d}' % (1, now, now + 600_000_000)
    puts = [("lock/B000000000001", lock), ("pool/allocated", "1"), ("request/018bcfe5-6800-7000-8000-000000000001", lock)]
    # Compare: result EQUAL (0), target CREATE (1), key; a key that there isn't has revision 0.
    compare = b"\x10\x01" + field(3, "request/none")
    message = nested(1, compare)
    for key, value in puts:
        message += nested(2, nested(2, nested(1, key.encode()) + nested(2, value.encode())))
    return message


def nested(number, message):
    return bytes([number << 3 | 2]) + varint(len(message)) + message


def revision(address):
    text = output(["etcdctl", "--endpoints", address, "endpoint", "status", "-w", "json"], {"ETCDCTL_API": "3"})
    return int(re.search(r'"revision":(\d+)', text)[1])


@contextlib.contextmanager
def etcd_server(work):
    folder = fresh(work, "etcd")
    client, peer = (f"127.0.0.1:{free_port()}" for _ in range(2))
    command = ["etcd", "--data-dir", str(folder), "--name", "one", "--initial-cluster", f"one=http://{peer}"]
    command += ["--initial-advertise-peer-urls", f"http://{peer}", "--listen-peer-urls", f"http://{peer}"]
    command += ["--advertise-client-urls", f"http://{client}", "--listen-client-urls", f"http://{client}"]
    ready = ["etcdctl", "--endpoints", client, "endpoint", "health"]
    with running([*command, "--log-level", "error"], ready):
        yield client


@contextlib.contextmanager
def running(command, ready):
    """A server from when it answers to the end of the block."""
    environment = {**os.environ, "ETCDCTL_API": "3"}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + START_SECONDS
            while subprocess.run(ready, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
                if process.poll() is not None or time.monotonic() > end:
                    raise SystemExit(f"{command[0]} did not start")
                # Nothing of theirs says when they answer; each question is a process, so not too often.
                time.sleep(0.1)
            yield
        finally:
            process.terminate()


@contextlib.contextmanager
def own_processors():
    """How many processors the programs took that were started and ended in the block."""
    taken = []
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    yield taken
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    taken.append(cpu / (time.monotonic() - began))


def output(command, environment=None):
    return subprocess.run(
        command, env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()


def fresh(work, name):
    folder = work.folder / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder.absolute()


def file_system(folder):
    """The type of the file system that a folder is on."""
    path = os.path.realpath(folder)
    mounts = [line.split()[1:3] for line in open("/proc/self/mounts")]
    holding = [(point, kind) for point, kind in mounts if path == point or path.startswith(point.rstrip("/") + "/")]
    return max(holding, key=lambda mount: len(mount[0]))[1]
