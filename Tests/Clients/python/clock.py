"""A server whose wall clock is not the machine's."""

import glob
import pathlib


class Clock:
    """The server's wall clock, stepped through a file that libfaketime reads; the monotonic clocks run on."""

    def __init__(self, folder, offset):
        self.file = folder / "clock"
        self.set(offset)
        libraries = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        assert libraries, "libfaketime is missing: apt-get install faketime"
        settings = {
            "LD_PRELOAD": libraries[0],
            "FAKETIME_TIMESTAMP_FILE": self.file,
            "FAKETIME_NO_CACHE": 1,
            "FAKETIME_DONT_FAKE_MONOTONIC": 1,
        }
        # What runs before the server's program in its process. The second `env` is there because the library
        # changes the environment of the first program that it is loaded into, and Swift finds a program's
        # arguments by where the environment is.
        self.prefix = ["env", *(f"{name}={value}" for name, value in settings.items()), "env"]

    def tidy(self, server):
        """Removes what the library left behind in a process that was killed."""
        for file in f"sem.faketime_sem_{server.pid}", f"faketime_shm_{server.pid}":
            pathlib.Path("/dev/shm", file).unlink(missing_ok=True)

    def set(self, offset):
        # Renamed, for a reader must never find half of it.
        new = self.file.with_suffix(".new")
        new.write_text(offset + "\n")
        new.rename(self.file)
