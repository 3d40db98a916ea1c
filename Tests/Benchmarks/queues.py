"""Orders handed to three queues each, beside RabbitMQ's quorum queues and NATS JetStream, all data on the same disk.

Ours: `Submit` of one order a call, which is answered when the order is durable; it goes to the queues of three units.
RabbitMQ: a persistent message to a fanout exchange with three quorum queues, a publisher confirm for each; a quorum queue
confirms when its log is synced. NATS: a message to a stream with file storage and three durable consumers. It
acknowledges what it has written but not synced: by default it syncs every two minutes, so what was acknowledged in between
is lost with the power. It is here for context only.

RabbitMQ's and NATS' loads are C programs of this folder, for a client of a scripting language would be the bottleneck; what
they take of the processors is told beside ours. Debian's rabbitmq-server, nats-server, librabbitmq-dev, gcc.
"""

import contextlib
import dataclasses
import os
import pathlib
import re
import shutil
import statistics
import subprocess

from engines import file_system, fresh, output, own_processors, running
from open_loop import figures
from transport import free_port

CONNECTIONS, STREAMS, QUEUES, BYTES = 8, 32, 3, 200
TOOLS = {"rabbitmqctl": "rabbitmq-server", "nats-server": "nats-server", "gcc": "gcc"}
HEADER = pathlib.Path("/usr/include/amqp.h")
RABBITMQ = pathlib.Path("/usr/lib/rabbitmq/bin")
SOURCES = pathlib.Path(__file__).parent / "brokers"


@dataclasses.dataclass
class Measured:
    orders: float  # a second
    p50: float  # ms from the call to its answer
    p99: float
    delivery_p50: float  # ms from the call to a delivery; 0 where nobody consumes
    delivery_p99: float
    load: float  # processors that the load's own process took, its consumers too
    server: float = 0  # processor time of our server for an order, µs

    def __str__(self):
        answered = f"{self.orders:.0f} orders/s, p50 {self.p50:.2f}, p99 {self.p99:.2f} ms"
        delivered = f"; delivered p50 {self.delivery_p50:.2f}, p99 {self.delivery_p99:.2f} ms" if self.delivery_p99 else ""
        server = f"; the server took {self.server:.1f} µs an order" if self.server else ""
        return f"{answered}{delivered}; the load took {self.load:.0%} of a core{server}"


def measure(work, table):
    what = "orders to three queues beside RabbitMQ and NATS"
    path = "/usr/sbin:" + os.environ["PATH"]
    missing = sorted({package for tool, package in TOOLS.items() if not shutil.which(tool, path=path)})
    if not HEADER.exists():
        missing.append("librabbitmq-dev")
    if missing:
        return table.miss(what, f"apt-get install --no-install-recommends {' '.join(missing)}")
    if (kind := file_system(work.folder)) in ("tmpfs", "ramfs"):
        return table.miss(what, f"{work.folder} is no disk but {kind}")
    runs = {
        "ours, into the queues": lambda work: ours(work, 0),
        "ours, consumed too": lambda work: ours(work, 1),
        "ours, consumed too, a fourth unit down": lambda work: ours(work, 1, "--idle-units", 1),
        "RabbitMQ, into the queues": lambda work: rabbitmq(work, 0),
        "RabbitMQ, consumed too": lambda work: rabbitmq(work, QUEUES),
        "NATS, not synced, consumed too": lambda work: nats(work, QUEUES),
    }
    rounds = {name: [] for name in runs}
    for _ in range(work.rounds):
        for name, run in runs.items():
            work.title(f"{name}, c={CONNECTIONS} m={STREAMS}, {QUEUES} queues, {BYTES} bytes")
            rounds[name].append(run(work))
            print(rounds[name][-1], flush=True)
    medians = {}
    for name, found in rounds.items():
        columns = zip(*map(dataclasses.astuple, found))
        medians[name] = Measured(*(statistics.median(column) for column in columns))
        table.report(f"{name}, c={CONNECTIONS} m={STREAMS}", str(medians[name]))
    us, them = medians["ours, consumed too"], medians["RabbitMQ, consumed too"]
    table.add_least("orders to three consumers: our rate against RabbitMQ's", 2, us.orders / them.orders)
    table.add_least("the same: RabbitMQ's p99 of the answer against ours", 1, them.p99 / us.p99)
    table.add_least("the same: RabbitMQ's p99 of the delivery against ours", 1, them.delivery_p99 / us.delivery_p99)
    measure_one_down(work, table, round(us.orders / 2))


def measure_one_down(work, table, rate):
    """What the consumers of three units see when a fourth is down all the time, at half of the capacity in open loop."""
    names = {"three units": [], "three units, a fourth down": ["--idle-units", 1]}
    rounds = {name: [] for name in names}
    for _ in range(work.rounds):
        for name, options in names.items():
            work.title(f"{name}, {rate} orders/s")
            rounds[name].append(ours(work, 1, "--rate", rate, *options))
            print(rounds[name][-1], flush=True)
    for name, found in rounds.items():
        p50, p99 = (statistics.median(getattr(one, what) for one in found) for what in ("delivery_p50", "delivery_p99"))
        table.report(f"{name}, {rate} orders/s: from call to delivery", f"p50 {p50:.2f}, p99 {p99:.2f} ms")


def ours(work, consumers, *more):
    """`consumers` of each unit."""
    work.forget_store()
    with work.server() as server:
        with own_processors() as load:
            options = ["--method", "submit", "--connections", CONNECTIONS, "--streams", STREAMS, "--consumers", consumers]
            text = work.bench(server, *options, *more, "--warmup", 1, "--seconds", work.seconds, quiet=True)
    rate, p50, p99, _ = figures(text)
    delivery = re.search(r"^from Submit to delivery p50 ([\d.]+) ms  p99 ([\d.]+) ms", text, re.MULTILINE)
    cpu = float(re.search(r"server CPU ([\d.]+) µs", text)[1])
    return Measured(rate, p50, p99, *map(float, delivery.groups() if delivery else (0, 0)), load[0], cpu)


def rabbitmq(work, consumers):
    program = compiled(work, "rabbitmq_load", "-lrabbitmq")
    with rabbitmq_server(work) as port:
        return loaded([program, port, CONNECTIONS, STREAMS, QUEUES, consumers, BYTES, work.seconds])


def nats(work, consumers):
    program = compiled(work, "nats_load")
    folder, port = fresh(work, "nats"), free_port()
    command = ["nats-server", "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder)]
    # It answers when its port does.
    with running(command, ["bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}"]):
        return loaded([program, port, CONNECTIONS, STREAMS, consumers, BYTES, work.seconds])


def loaded(command):
    with own_processors() as load:
        messages, seconds, p50, p99, _, *delivery = map(float, output([*map(str, command)]).split())
    return Measured(messages / seconds, *(us / 1000 for us in (p50, p99, *delivery)), load[0])


def compiled(work, name, *libraries):
    program = (work.folder / name).absolute()
    if not program.exists():
        flags = ["-O2", "-pthread"]
        subprocess.run(["gcc", *flags, "-o", str(program), str(SOURCES / f"{name}.c"), *libraries], check=True)
    return program


@contextlib.contextmanager
def rabbitmq_server(work):
    """A node of its own: its folders, ports and cookie are the run's."""
    folder = fresh(work, "rabbitmq")
    port, distribution, epmd = (free_port() for _ in range(3))
    (folder / "plugins").write_text("[].")
    (folder / "rabbit.conf").write_text("")
    environment = {
        "HOME": folder, "RABBITMQ_NODENAME": "bench@localhost", "RABBITMQ_MNESIA_BASE": folder / "data",
        "RABBITMQ_LOG_BASE": folder / "log", "RABBITMQ_NODE_PORT": port, "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_DIST_PORT": distribution, "ERL_EPMD_PORT": epmd, "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_ENABLED_PLUGINS_FILE": folder / "plugins", "RABBITMQ_CONFIG_FILE": folder / "rabbit",
    }
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update({name: str(value) for name, value in environment.items()})
    try:
        with running([str(RABBITMQ / "rabbitmq-server")], [str(RABBITMQ / "rabbitmqctl"), "await_startup", "--timeout", "15"]):
            try:
                yield port
            finally:
                # Its name server would outlive it.
                subprocess.run([str(RABBITMQ / "rabbitmqctl"), "stop"], stdout=subprocess.DEVNULL, check=True)
                subprocess.run(["epmd", "-kill"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
