"""The README's examples, as they stand there, against a server of their own."""

import re

import api  # makes the stubs importable
from server import ROOT, Server


def test_the_examples_run(tmp_path, capsys):
    examples = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert len(examples) == 2 and all(len(one.strip().splitlines()) <= 20 for one in examples)
    names = {}
    with Server(tmp_path) as server:
        for example in examples:
            exec(compile(example.replace("127.0.0.1:50051", server.h2c), "README.md", "exec"), names)
        names["channel"].close()
    shown = capsys.readouterr().out
    for line in "allocated: 2", "completed: 1", "released: 1", "amount_minor: 1999", "processed b'what the units":
        assert line in shown
