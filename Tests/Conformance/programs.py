"""Programs under test on loopback: our server on the public library, and what stands beside it."""

import os
import pathlib
import re
import select
import socket
import subprocess

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
