"""How much to measure, and a server to measure."""

import contextlib
import dataclasses
import pathlib
import re
import subprocess

PROGRAM = ".build/release/orderwire"


@dataclasses.dataclass
class Work:
    folder: pathlib.Path
    rounds: int
    seconds: int

    def title(self, text):
        print(f"\n== {text}", flush=True)

    @property
    def store(self):
        return self.folder / "store.db"

    def forget_store(self):
        for file in self.folder.glob("store.db*"):
            file.unlink()

    def certificates(self):
        """A folder with certificates for this machine."""
        folder = self.folder / "certificates"
        if not folder.exists():
            subprocess.run(["certs/generate", str(folder)], check=True, stdout=subprocess.DEVNULL)
        return folder

    def tls_options(self, port=0):
        folder = self.certificates()
        listen = ["--listen-tls", f"127.0.0.1:{port}"]
        return [*listen, "--tls-certificate", str(folder / "server.pem"), "--tls-key", str(folder / "server.key")]

    @contextlib.contextmanager
    def server(self, *options):
        """A server on the store; it is stopped at the end."""
        command = [PROGRAM, "serve", "--store", f"sqlite:{self.store}", "--listen", "127.0.0.1:0", *options]
        with subprocess.Popen([*command, "--log-level", "warning"], stdout=subprocess.PIPE, text=True) as process:
            try:
                line = process.stdout.readline()
                if not line.startswith("orderwire ready"):
                    raise SystemExit("the server did not start")
                yield Server(process.pid, dict(re.findall(r"\b(h2c|tls)=(\S+)", line)))
            finally:
                process.terminate()

    def bench(self, server, *options, quiet=False):
        """Runs `orderwire bench` and returns what it prints."""
        command = [PROGRAM, "bench", "--server-pid", str(server.pid), *map(str, options)]
        if "--connect" not in options:
            command += ["--connect", server.addresses["h2c"]]
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if not quiet:
            print(result.stdout, end="", flush=True)
        if result.returncode != 0:
            raise SystemExit(f"orderwire bench ended with {result.returncode}")
        return result.stdout


@dataclasses.dataclass
class Server:
    pid: int
    addresses: dict

    @property
    def tls(self):
        """The address under the name that is in the certificate."""
        return "localhost:" + self.addresses["tls"].rsplit(":", 1)[1]
