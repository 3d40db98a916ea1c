"""The program itself: settings, its ready line, its end, and what it says when it can't start."""

import contextlib
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading

import grpc
import pytest

from api import Client, refused
from conftest import connect
from pools import allocate, counter, make_pool
from server import PROGRAM, Server, environment, run

USAGE, DATA, INPUT, UNAVAILABLE, IO, PERMISSION, CONFIGURATION = 64, 65, 66, 69, 74, 77, 78


def test_the_ready_line_names_every_address(tmp_path, certificates):
    with Server(tmp_path, "--listen", "[::1]:0", "--listen-tls", "localhost:0", certificates=certificates) as server:
        assert [kind for kind, _ in server.addresses] == ["h2c", "h2c", "tls", "tls"]
        for kind, address in server.addresses:
            host, port = address.rsplit(":", 1)
            assert int(port) > 0
            socket.create_connection((host.strip("[]"), int(port)), 5).close()
        assert re.fullmatch(r"orderwire ready( (h2c|tls)=\S+:\d+){4}", server.ready_line)


def test_settings_come_from_the_file_and_the_environment_too(tmp_path):
    file = tmp_path / "orderwire.json"
    file.write_text('{"loops": 1, "log-level": "debug"}')
    with Server(tmp_path, "--configuration", file, environ={"ORDERWIRE_LOG_LEVEL": "critical"}) as server:
        assert server.stop() == 0
        assert "level=info" not in server.log()


REFUSED = [
    (["--nonsense"], {}, USAGE, "Unknown option '--nonsense'"),
    ([], {}, CONFIGURATION, "no store: say where numbers are kept with --store sqlite:PATH"),
    (["--store", "sqlite:/tmp/x", "--listen", "here"], {}, CONFIGURATION, '"here" is not HOST:PORT'),
    (["--store", "sqlite:/tmp/x"], {"ORDERWIRE_LOPS": "1"}, CONFIGURATION, "did you mean ORDERWIRE_LOOPS?"),
    (["--store", "sqlite:/tmp/x", "--configuration", "/no/such"], {}, INPUT, "No such file or directory"),
]


@pytest.mark.parametrize("arguments, environ, status, message", REFUSED)
def test_wrong_settings_are_refused_with_a_sentence(arguments, environ, status, message):
    result = run("serve", *arguments, environ=environ)
    assert result.returncode == status
    assert message in result.stderr and result.stdout == ""


def test_a_port_in_use_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        result = run("serve", "--store", f"sqlite:{tmp_path}/s.db", "--listen", address)
    assert result.returncode == UNAVAILABLE
    assert address in result.stderr and "in use" in result.stderr


def test_a_host_that_is_not_here_is_named(tmp_path):
    result = run("serve", "--store", f"sqlite:{tmp_path}/s.db", "--listen", "192.0.2.1:0")
    assert result.returncode == UNAVAILABLE and "192.0.2.1" in result.stderr


def serve_tls(tmp_path, certificate, key, client_ca=None):
    more = ["--tls-client-ca", client_ca] if client_ca else []
    return run(
        "serve", "--store", f"sqlite:{tmp_path}/s.db", "--listen-tls", "127.0.0.1:0", "--tls-certificate", certificate,
        "--tls-key", key, *more,
    )


def test_wrong_certificates_are_named(tmp_path, certificates):
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("no certificate")
    good, key = certificates / "server.pem", certificates / "server.key"
    for arguments, named in [
        ((tmp_path / "none.pem", key), "none.pem"),
        ((garbage, key), "garbage.pem"),
        ((good, tmp_path / "none.key"), "none.key"),
        ((good, garbage), "garbage.pem"),
        ((good, certificates / "client.key"), "client.key"),
        ((good, key, garbage), "garbage.pem"),
    ]:
        result = serve_tls(tmp_path, *arguments)
        assert result.returncode == INPUT, result.stderr
        assert named in result.stderr


def test_a_second_server_on_the_same_store_is_refused(tmp_path):
    with Server(tmp_path) as server:
        result = run("serve", "--store", f"sqlite:{server.store}", "--listen", "127.0.0.1:0")
        assert result.returncode == UNAVAILABLE
        assert str(server.store) in result.stderr
        with connect(server, "h2c") as channel:
            Client(channel).ListPools()


def used_store(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, "shop")
        allocate(client, "shop", 10)
        assert server.stop() == 0
        return server.store


def test_a_damaged_store_is_refused_and_left_as_it_is(tmp_path):
    store = used_store(tmp_path)
    content = b"this is no database" * 100
    store.write_bytes(content)
    result = run("serve", "--store", f"sqlite:{store}", "--listen", "127.0.0.1:0")
    assert result.returncode == DATA and str(store) in result.stderr
    assert store.read_bytes() == content


@pytest.mark.parametrize("made", ["foreign", "short"])
def test_what_is_not_a_store_is_refused_and_left_alone(tmp_path, made):
    path = tmp_path / "other.db"
    if made == "foreign":
        with contextlib.closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE customers (name TEXT)")
            other.commit()
    else:
        path.write_bytes(b"x" * 511)
    before = path.read_bytes()
    result = run("serve", "--store", f"sqlite:{path}", "--listen", "127.0.0.1:0")
    assert result.returncode == DATA and str(path) in result.stderr
    assert ("another program's" if made == "foreign" else "not a database") in result.stderr
    assert path.read_bytes() == before


def test_a_store_of_a_newer_version_is_refused(tmp_path):
    store = used_store(tmp_path)
    with sqlite3.connect(store) as database:
        changed = database.execute("UPDATE migration SET number = 999 WHERE capability = 'numbers' AND number = 1")
        assert changed.rowcount == 1
    database.close()
    result = run("serve", "--store", f"sqlite:{store}", "--listen", "127.0.0.1:0")
    assert result.returncode == DATA
    assert "newer than this program" in result.stderr and "999" in result.stderr


@pytest.mark.parametrize(
    "zone, trouble",
    [
        ("right/Asia/Shanghai", "none that this version takes, for it counts leap seconds"),
        ("localtime", "known by this name on this system only"),
        ("Mars/Olympus", "isn't in this system's database: install the package tzdata"),
    ],
)
def test_a_pool_whose_time_zone_is_not_taken_any_more_is_named(tmp_path, zone, trouble):
    store = used_store(tmp_path)
    with sqlite3.connect(store) as database:
        assert database.execute("UPDATE number_edition SET time_zone = ?", (zone,)).rowcount == 1
    database.close()
    result = run("serve", "--store", f"sqlite:{store}", "--listen", "127.0.0.1:0")
    assert result.returncode == IO
    assert f"the time zone {zone} of the pool of shop" in result.stderr and trouble in result.stderr
    assert ("tzdata" in result.stderr) == (zone == "Mars/Olympus")


def test_a_read_only_disk_is_refused(tmp_path):
    # In a view of the disk of its own, for root may write into any folder.
    prefix = ["unshare", "--mount", "sh", "-c", 'mount --bind -o ro "$0" "$0" && exec "$@"', str(tmp_path)]
    if subprocess.run([*prefix, "true"], capture_output=True).returncode != 0:
        pytest.skip("no permission to mount a disk")
    result = run("serve", "--store", f"sqlite:{tmp_path}/s.db", "--listen", "127.0.0.1:0", prefix=prefix)
    assert result.returncode == PERMISSION
    assert f"{tmp_path}/s.db" in result.stderr and "ead-only" in result.stderr


def test_a_store_in_a_folder_that_is_not_there_is_refused(tmp_path):
    result = run("serve", "--store", f"sqlite:{tmp_path}/none/s.db", "--listen", "127.0.0.1:0")
    assert result.returncode == PERMISSION and f"{tmp_path}/none" in result.stderr


def test_sigterm_lets_running_calls_end(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, "shop")
        answered, stopping = [], threading.Event()

        def load():
            while True:
                try:
                    answered.append(allocate(client, "shop").numbers[0].number)
                except grpc.RpcError as error:
                    assert error.code() == grpc.StatusCode.UNAVAILABLE
                    return
                if len(answered) == 50:
                    stopping.set()

        thread = threading.Thread(target=load)
        thread.start()
        assert stopping.wait(30)
        assert server.stop() == 0
        thread.join()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        assert counter(Client(channel), "shop").allocated >= len(answered)


def test_a_call_that_never_ends_is_cut_off_after_the_grace(tmp_path):
    with Server(tmp_path, "--grace", "1") as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, "shop")
        wait = threading.Event()

        def requests():
            wait.wait(60)
            yield from ()

        answers = client.KeepAlive(requests(), timeout=60)
        # A call that is answered shows that the stream before it on the connection has arrived.
        client.ListPools()
        assert server.stop() == 0
        assert refused(next, answers).code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
        wait.set()


def test_a_second_signal_stops_at_once(tmp_path):
    with Server(tmp_path, "--grace", "600") as server, connect(server, "h2c") as channel:
        client = Client(channel)
        wait = threading.Event()
        answers = client.KeepAlive(iter(lambda: wait.wait(60), None), timeout=60)
        client.ListPools()
        # Both are there before it runs on: the stop that the first asks for can't be over before the second.
        for one in (signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT):
            server.process.send_signal(one)
        assert server.process.wait(30) == 128 + signal.SIGTERM
        wait.set()
        answers.cancel()


def test_a_signal_before_it_is_ready_ends_it(tmp_path):
    key = tmp_path / "key"
    os.mkfifo(key)
    command = [PROGRAM, "serve", "--store", f"sqlite:{tmp_path}/store.db", "--listen-tls", "127.0.0.1:0"]
    command += ["--tls-certificate", str(key), "--tls-key", str(key)]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE) as process:
        try:
            # Opens once the server reads the key, which then never comes.
            with open(key, "wb"):
                process.send_signal(signal.SIGTERM)
                assert process.wait(30) == 128 + signal.SIGTERM
            assert process.stdout.read() == b""
        finally:
            process.kill()
