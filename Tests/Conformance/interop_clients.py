"""gRPC's interop clients as Tests/Conformance/build-interop makes them, and the cases that each has."""

import os
import re
import subprocess

from programs import ROOT
from proxies import SERVER_NAME

INTEROP = ROOT / ".build/interop"
SECONDS = 180
# Cases that ask a cloud for credentials; and what runs all cases.
NOT_HERE = {
    "all",
    "compute_engine_creds",
    "google_default_credentials",
    "jwt_token_creds",
    "oauth2_auth_token",
    "per_rpc_creds",
    "service_account_creds",
}
COMMON = """cancel_after_begin cancel_after_first_response client_streaming custom_metadata empty_stream empty_unary
    large_unary ping_pong server_streaming status_code_and_message timeout_on_sleeping_server unimplemented_method
    unimplemented_service""".split()
CASES = {
    "cpp": COMMON
    + """channel_soak client_compressed_streaming client_compressed_unary half_duplex long_lived_channel
    pick_first_unary rpc_soak server_compressed_streaming server_compressed_unary slow_consumer
    special_status_message""".split(),
    "python": COMMON + ["special_status_message"],
    "ruby": COMMON + ["client_compressed_streaming", "client_compressed_unary"],
}


PYTHON = ["/usr/bin/python3", "-m", "tests.interop.client"]
RUBY = ["/usr/bin/ruby", INTEROP / "source/src/ruby/pb/test/client.rb"]
PROGRAMS = {"cpp": [INTEROP / "cpp-client"], "python": PYTHON, "ruby": RUBY}


def options(case, transport):
    """What a case of the C++ client wants beside the usual."""
    if case == "pick_first_unary" and transport == "tls":
        # This case alone asks for TLS in another way.
        return ["--custom_credentials_type=ssl"]
    if case in ("channel_soak", "rpc_soak"):
        # No test here judges speed: a call may take as long as all.
        latency = f"--soak_per_iteration_max_acceptable_latency_ms={SECONDS * 1000}"
        return ["--soak_iterations=20", latency, f"--soak_overall_timeout_seconds={SECONDS}"]
    if case == "long_lived_channel":
        return ["--soak_iterations=3", "--iteration_interval=1"]
    return []


def start(client, *arguments):
    environment = {**os.environ, "GRPC_VERBOSITY": "info", "PYTHONPATH": str(INTEROP / "python")}
    return subprocess.run(
        [*map(str, PROGRAMS[client]), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=SECONDS,
        env=environment,
    )


def run(client, case, port, transport):
    """Has a client run a case against the server on a port of this machine: None if it passes, else what it said."""
    arguments = ["--server_host=127.0.0.1", f"--server_port={port}", f"--test_case={case}", *options(case, transport)]
    if transport == "tls":
        arguments += ["--use_tls=true", "--use_test_ca=true", f"--server_host_override={SERVER_NAME}"]
    try:
        done = start(client, *arguments)
    except subprocess.TimeoutExpired as hang:
        return f"not over after {SECONDS} s\n{hang.output}"
    return None if done.returncode == 0 else f"status {done.returncode}\n{done.stdout}"


def known_cases(client):
    """The cases that a client itself says it has."""
    if client == "python":
        listing = "from tests.interop.methods import TestCase; print(*(case.value for case in TestCase))"
        program = [PYTHON[0], "-c", listing]
        environment = {**os.environ, "PYTHONPATH": str(INTEROP / "python")}
        return set(subprocess.run(program, check=True, capture_output=True, text=True, env=environment).stdout.split())
    if client == "ruby":
        return set(re.search(r"select a test_case\s+\(([a-z_,0-9]+)\)", start(client, "--help").stdout)[1].split(","))
    told = start(client, "--test_case=no_such_case")
    return set(re.findall(r"^[a-z_0-9]+$", told.stdout.split("Valid options are\n")[1], re.MULTILINE))
