"""Programs under test on loopback: our server on the public library, and what stands beside it."""

import os
import pathlib
import re
import select
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONFORMANCE_SERVER = os.environ.get("CONFORMANCE_SERVER", str(ROOT / ".build/debug/conformance-server"))
SECONDS = 30


class ConformanceServer:
    """Our server, on a port that the kernel picks for each transport; it ends when its standard input does."""

    def __init__(self, certificate, key):
        self.process = subprocess.Popen(
            [CONFORMANCE_SERVER, str(certificate), str(key)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        readable, _, _ = select.select([self.process.stdout], [], [], SECONDS)
        line = self.process.stdout.readline() if readable else ""
        self.ports = {name: int(port) for name, port in re.findall(r"\b(h2c|tls)=127\.0\.0\.1:(\d+)", line)}
        if len(self.ports) != 2:
            self.process.kill()
            raise AssertionError(f"the server isn't ready, status {self.process.wait(SECONDS)}: {line}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            status = self.process.wait(SECONDS)
        finally:
            self.process.kill()
        assert status == 0, f"the server ended with status {status}"


def free_port():
    """A port that was free a moment ago, for programs that can't have the kernel pick one."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Program:
    """A program that listens on a port it is told; another takes the port before it now and then, so it may try again.

    `command` makes its arguments for a port. What it prints goes to a log that failures show.
    """

    def __init__(self, command, folder):
        self.log = pathlib.Path(folder) / "log"
        for _ in range(5):
            self.port = free_port()
            with open(self.log, "ab") as log:
                self.process = subprocess.Popen(
                    list(map(str, command(self.port))), stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
            if self._listens():
                return
        raise AssertionError(f"{self.process.args[0]} doesn't listen\n{self.log.read_text(errors='replace')}")

    def _listens(self):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                return False
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", self.port)) == 0:
                    return True
            select.select([], [], [], 0.02)
        self.stop()
        return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
