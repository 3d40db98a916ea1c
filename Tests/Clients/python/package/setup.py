"""Adds the stubs to what is built: they are made from Protos, so that they can't be out of date."""

import pathlib
import sys

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from orderwire import _stubs  # noqa: E402


class BuildWithStubs(build_py):
    def run(self):
        super().run()
        _stubs.make(HERE.parents[3] / "Protos", pathlib.Path(self.build_lib))


setup(cmdclass={"build_py": BuildWithStubs})
