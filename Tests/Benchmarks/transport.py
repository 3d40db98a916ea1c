"""The transport beside others: server CPU and latency of calls and streams without storage, by `compare`."""

import re
import shutil
import socket
import struct
import subprocess

from work import PROGRAM

COMPARE = "../shared/bench/compare"
CHECK = "/grpc.health.v1.Health/Check"
PARSE = "/orderwire.v1.AllocationService/ParseNumber"
WATCH = "/orderwire.test.v1.WarningService/Watch"
NGHTTPD, CPP = "nghttpd", "gRPC C++"
MESSAGES = 1000
BUSY = [(8, 32), (100, 10)]
ALONE = (1, 1)

FIGURES = re.compile(
    r"^(ours|nghttpd|gRPC C\+\+) +[\d,]+ req/s  CPU +([\d.]+) µs/req .*ours/this: p50 ([\d.]+) CPU ([\d.]+)$", re.MULTILINE
)


def field(number, text):
    """A string field of a message, shorter than 128 bytes."""
    return bytes([number << 3 | 2, len(text)]) + text.encode()


def varint(value):
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def body_file(work, name, message):
    path = work.folder / name
    path.write_bytes(struct.pack(">BI", 0, len(message)) + message)
    return path


def free_port():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return holder.getsockname()[1]


def what_is_missing():
    tools = [COMPARE, "h2load", "nghttpd", "curl"]
    return ", ".join(tool for tool in tools if not shutil.which(tool))


def has_cpp():
    if not shutil.which("grpc_cpp_plugin") or not shutil.which("pkg-config"):
        return False
    return subprocess.run(["pkg-config", "--exists", "grpc++"]).returncode == 0


def compare(work, command, port, path, body, shape, *options):
    """For each server by its name: its CPU in µs a request, and what our CPU and our p50 are of its."""
    connections, streams = shape
    work.title(f"{path} c={connections} m={streams} {' '.join(options)}")
    arguments = [COMPARE, "--command", command, "--port", port, "--path", path, "--body", body, *options]
    arguments += ["--connections", connections, "--streams", streams, "--rounds", work.rounds, "--seconds", work.seconds]
    # The input is a pipe that stays open, for a server that ends when its input does.
    with subprocess.Popen(list(map(str, arguments)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        output = process.stdout.read()
    print(output, end="", flush=True)
    if process.returncode != 0:
        raise SystemExit("the comparison failed")
    return {name: (float(cpu), float(cpu_ratio), float(p50)) for name, cpu, p50, cpu_ratio in FIGURES.findall(output)}


def calls(work, table):
    missing = what_is_missing()
    if missing:
        return table.miss("calls", f"without {missing}")
    cpp = [] if has_cpp() else ["--no-cpp"]
    port = free_port()
    # One loop, as nghttpd has one thread; the log level is the one by default.
    h2c = f"{PROGRAM} serve --store sqlite:{work.store} --listen 127.0.0.1:{port} --loops 1"
    tls = f"{PROGRAM} serve --store sqlite:{work.store} --loops 1 {' '.join(work.tls_options(port))}"
    bodies = {
        PARSE: body_file(work, "parse", field(1, "bench") + field(2, "B000000000001")),
        CHECK: body_file(work, "check", b""),
    }
    work.forget_store()
    with work.server() as server:
        # It makes the pool whose numbers are taken apart.
        work.bench(server, "--calls", 1, "--connections", 1, "--streams", 1, quiet=True)
    for path, body in bodies.items():
        name = path.rsplit("/", 1)[1]
        for shape in BUSY:
            what = f"{name} c={shape[0]} m={shape[1]}"
            found = compare(work, h2c, port, path, body, shape, *cpp)
            table.add(f"{what} h2c: CPU against nghttpd", 1.5, 1.2, found[NGHTTPD][1])
            if CPP in found:
                table.add(f"{what} h2c: CPU against gRPC C++", 0.25, 0.2, found[CPP][1])
            else:
                table.miss(f"{what} h2c: CPU against gRPC C++", "without libgrpc++-dev")
            found = compare(work, tls, port, path, body, shape, "--scheme", "https", "--no-cpp")
            table.add(f"{what} TLS: CPU against nghttpd", 1.5, 1.2, found[NGHTTPD][1])
        found = compare(work, h2c, port, path, body, ALONE, "--no-cpp")
        table.add(f"{name} c=1 m=1 h2c: p50 against nghttpd", 1.2, 1.1, found[NGHTTPD][2])


def streams(work, table):
    missing = what_is_missing() or ("" if has_cpp() else "libgrpc++-dev")
    if missing:
        return table.miss("streams", f"without {missing}")
    port = free_port()
    command = f".build/release/rpc-testserver --loops 1 --port {port}"
    body = body_file(work, "watch", b"\x08" + varint(MESSAGES))
    for shape in [ALONE, (8, 4)]:
        found = compare(work, command, port, WATCH, body, shape, "--peer-stream", str(MESSAGES))
        what = f"stream of {MESSAGES} messages c={shape[0]} m={shape[1]}"
        table.add(f"{what}: CPU a message against gRPC C++", 0.15, 0.1, found[CPP][1])
        table.report(f"{what}: CPU a message", f"{found['ours'][0] / MESSAGES:.2f} µs")
