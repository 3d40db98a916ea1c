import itertools
import pathlib
import subprocess

import grpc
import pytest

from api import Client
from server import ROOT, Server


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """A CA with a server's and a client's certificate, made for this run."""
    folder = tmp_path_factory.mktemp("certificates")
    subprocess.run([ROOT / "certs/generate", folder], check=True, capture_output=True)
    return pathlib.Path(folder)


@pytest.fixture(scope="session")
def server(tmp_path_factory, certificates):
    """The server that all tests share which need nothing special; each uses businesses of its own."""
    with Server(tmp_path_factory.mktemp("server"), certificates=certificates) as server:
        yield server


def connect(server, transport, certificates=None):
    if transport == "h2c":
        return grpc.insecure_channel(server.h2c)
    roots = (certificates / "ca.pem").read_bytes()
    return grpc.secure_channel(server.tls, grpc.ssl_channel_credentials(root_certificates=roots))


@pytest.fixture(params=["h2c", "tls"])
def channel(request, server, certificates):
    with connect(server, request.param, certificates) as channel:
        yield channel


@pytest.fixture
def client(channel):
    return Client(channel)


_counter = itertools.count(1)


@pytest.fixture
def business():
    """A business that no other test knows."""
    return f"b{next(_counter)}"
