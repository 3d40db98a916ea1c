"""The README's example, as it stands there, against a server of its own."""

import re

import api  # makes the stubs importable
from server import ROOT, Server


def test_the_example_runs(tmp_path, capsys):
    example = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)[1]
    assert len(example.strip().splitlines()) <= 20
    with Server(tmp_path) as server:
        exec(compile(example.replace("127.0.0.1:50051", server.h2c), "README.md", "exec"), {})
    shown = capsys.readouterr().out
    for line in "allocated: 2", "completed: 1", "released: 1", "amount_minor: 1999":
        assert line in shown
