"""A server under test: the program as users run it, on ports of its own, with a store of its own."""

import os
import pathlib
import re
import select
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = os.environ.get("PROGRAM_UNDER_TEST", str(ROOT / ".build/release/orderwire"))
READY_SECONDS = 30
STOP_SECONDS = 60


def environment(extra=None):
    """The environment without settings of the person who runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ORDERWIRE_")}
    return {**kept, **(extra or {})}


def run(*arguments, environ=None, prefix=(), timeout=30):
    """Runs the program to its end; for what should be refused at once."""
    return subprocess.run(
        [*prefix, PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=timeout, env=environment(environ)
    )


class Server:
    """Starts on construction; `h2c` and `tls` are the addresses that its ready line named.

    `ports` are those of h2c and TLS, 0 for one that the kernel picks.
    """

    def __init__(
        self, folder, *arguments, store=None, certificates=None, client_ca=None, environ=None, prefix=(), ports=(0, 0)
    ):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.store = pathlib.Path(store) if store else self.folder / "store.db"
        self.log_path = self.folder / "log"
        command = [*prefix, PROGRAM, "serve", "--store", f"sqlite:{self.store}"]
        command += ["--listen", f"127.0.0.1:{ports[0]}"]
        if certificates:
            command += ["--listen-tls", f"127.0.0.1:{ports[1]}"]
            command += ["--tls-certificate", f"{certificates}/server.pem", "--tls-key", f"{certificates}/server.key"]
        if client_ca:
            command += ["--tls-client-ca", str(client_ca)]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command + list(map(str, arguments)), stdout=subprocess.PIPE, stderr=log, env=environment(environ)
            )
        self.ready_line = self._ready_line()
        addresses = re.findall(r"\b(h2c|tls)=(\S+)", self.ready_line)
        self.addresses = addresses
        self.h2c = next((address for kind, address in addresses if kind == "h2c"), None)
        self.tls = next((address for kind, address in addresses if kind == "tls"), None)

    def _ready_line(self):
        readable, _, _ = select.select([self.process.stdout], [], [], READY_SECONDS)
        line = self.process.stdout.readline().decode() if readable else ""
        if not line.startswith("orderwire ready"):
            self.kill()
            raise AssertionError(f"the server isn't ready, status {self.process.returncode}\n{self.log()}")
        return line.rstrip("\n")

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        return self.log_path.read_text(errors="replace")

    def kill(self):
        """The end that no program can prepare for."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(STOP_SECONDS)

    def stop(self):
        """Asks it to stop, and returns its status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)

    def memory_kib(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])

    def peak_memory_kib(self):
        """The most that it had since its start."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1])

    def processor_seconds(self):
        """Of all its threads since its start, user and system."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


def eventually(condition, seconds=10):
    """Asks again until `condition` holds; for what happens in another process without a word to us."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result or time.monotonic() > end:
            return result
        select.select([], [], [], 0.02)
