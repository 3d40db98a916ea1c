"""A running `rpc-testserver`, and what its handlers do.

It serves the echo service, whose every message is a `google.protobuf.Any`: the URL is the word for what to do, the
value the payload.
"""

import os
import pathlib
import queue
import re
import subprocess
import threading

from google.protobuf.any_pb2 import Any

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("RPC_TESTSERVER", str(ROOT / ".build/debug/rpc-testserver"))
SECONDS = 20


class EchoServer:
    """A running `rpc-testserver`; what its handlers do can be waited for."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [PROGRAM, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.addresses = dict(re.findall(r"(h2c|tls)=(\S+)", self.process.stdout.readline()))
        self.events = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.events.put(line.rstrip("\n"))

    def wait_for(self, event):
        """Waits until the event happens, over other events."""
        while self.events.get(timeout=SECONDS) != event:
            pass

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        assert self.process.wait(SECONDS) == 0


def word(text, value=b""):
    return Any(type_url=text, value=value)
