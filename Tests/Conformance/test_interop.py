"""gRPC's own interop clients against our server, directly and through proxies.

Ours has to pass wherever gRPC C++'s interop server passes behind the same proxy. Where that doesn't is listed below, and
looked at again whenever ours fails there.
"""

import contextlib

import pytest

from interop_clients import CASES, INTEROP, NOT_HERE, known_cases, run
from programs import ConformanceServer, Program
from proxies import PROXIES, Credentials

pytestmark = pytest.mark.long

# What fails behind a proxy with gRPC C++'s server as well; any other failure is ours.
FAILS_WITH_GRPC_TOO = {
    (client, case, "haproxy"): "HAProxy 2.6 loses a status that comes before the client has ended its side"
    for client, case in [("cpp", "client_compressed_streaming"), ("python", "status_code_and_message")]
}
# Some of it is a race, so gRPC C++ gets as many attempts to fail as well.
ATTEMPTS = 20


class Routes:
    """The servers and proxies of a run, each started when it is first needed."""

    def __init__(self, folder, running):
        self.folder, self.running = folder, running
        self.credentials = Credentials(INTEROP / "source/src/core/tsi/test_creds")
        self.ports = {}

    def port(self, server, route, transport):
        """Where a client finds `server` by way of `route`."""
        key = (server, route, transport)
        if key not in self.ports:
            self.ports.update(self.start(*key))
        return self.ports[key]

    def start(self, server, route, transport):
        key = (server, route, transport)
        folder = self.folder / "-".join(key)
        folder.mkdir(exist_ok=True)
        tls = self.credentials if transport == "tls" else None
        if route != "direct":
            upstream = self.port(server, "direct", transport)
            return {key: self.running.enter_context(PROXIES[route](folder, upstream, tls)).port}
        if server == "grpc":
            options = [f"--use_tls={'true' if tls else 'false'}"]
            program = Program(lambda port: [INTEROP / "cpp-server", f"--port={port}", *options], folder)
            return {key: self.running.enter_context(program).port}
        ours = self.running.enter_context(ConformanceServer(self.credentials.certificate, self.credentials.key))
        return {(server, route, name): port for name, port in ours.ports.items()}


@pytest.fixture(scope="module")
def routes(tmp_path_factory):
    assert (INTEROP / "cpp-server").exists(), "run Tests/Conformance/build-interop first"
    with contextlib.ExitStack() as running:
        yield Routes(tmp_path_factory.mktemp("interop"), running)


@pytest.mark.parametrize("client", CASES)
def test_every_case_of_a_client_is_run(client):
    assert known_cases(client) - NOT_HERE == set(CASES[client])


@pytest.mark.parametrize("transport", ["h2c", "tls"])
@pytest.mark.parametrize("route", ["direct", *PROXIES])
@pytest.mark.parametrize("client, case", [(client, case) for client, cases in CASES.items() for case in cases])
def test_case(routes, client, case, route, transport):
    failure = run(client, case, routes.port("ours", route, transport), transport)
    if failure is None:
        return
    reason = FAILS_WITH_GRPC_TOO.get((client, case, route))
    assert reason, failure
    for _ in range(ATTEMPTS):
        if run(client, case, routes.port("grpc", route, transport), transport) is not None:
            pytest.skip(reason)
    pytest.fail(f"passes {ATTEMPTS} times with gRPC C++, fails with ours: {failure}")
