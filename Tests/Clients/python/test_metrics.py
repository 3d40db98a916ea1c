"""FW11 as metrics: what Prometheus gets, and what others get who come to its port."""

import http.client
import re
import socket

import pytest

from api import Client, forwarding as f
from conftest import connect
from orders import forwarded, order, put_intake, submit
from server import Server, run


def port_of(server):
    host, port = re.search(r"metrics=(\S+):(\d+)", server.ready_line).groups()
    return host, int(port)


def ask(server, method="GET", path="/metrics"):
    connection = http.client.HTTPConnection(*port_of(server), timeout=20)
    connection.request(method, path)
    response = connection.getresponse()
    return response, response.read().decode()


def said(server, request):
    """What comes back for these bytes, until the server closes."""
    with socket.create_connection(port_of(server), timeout=20) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("metrics"), "--metrics-listen", "127.0.0.1:0") as server:
        yield server


def samples(text):
    """By name and labels; every family is told of before its samples, and none comes twice."""
    found, told = {}, set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            name = line.split()[2]
            assert name not in told
            told.add(name)
        elif not line.startswith("#"):
            series, value = line.rsplit(" ", 1)
            assert series.split("{")[0] == name and series not in found
            found[series] = float(value)
    return found


def test_metrics_say_what_the_figures_say(server):
    with connect(server, "h2c") as channel:
        client = Client(channel)
        put_intake(client, "shop", lanes=2)
        settings = f.ConsumptionSettings(queue_bound=2)
        client.PutUnit(unit=f.Unit(business="shop", name="erp", codes=["A"], consumption=settings))
        submit(client, "shop", *(order(n) for n in range(3)), order(9, code="X"))
        forwarded(client, "shop")
        figures = client.GetForwardingFigures(business="shop")
    response, text = ask(server)
    assert response.status == 200
    assert response.getheader("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    found = samples(text)
    unit = '{business="shop",unit="erp"}'
    assert found["orderwire_forwarding_unit_orders" + unit] == 3
    assert found["orderwire_forwarding_unit_orders_beyond_bound" + unit] == 1
    oldest = figures.units[0].oldest_time
    assert abs(found["orderwire_forwarding_unit_oldest_timestamp_seconds" + unit] - oldest.ToNanoseconds() / 1e9) < 1e-3
    assert found["orderwire_forwarding_unit_arrivals_per_second" + unit] > 0
    for lane in "01":
        assert found[f'orderwire_forwarding_lane_orders{{business="shop",lane="{lane}"}}'] == 0
        assert found[f'orderwire_forwarding_lane_held{{business="shop",lane="{lane}"}}'] == 0
    assert found['orderwire_forwarding_waiting_orders{business="shop",state="quarantined"}'] == 1
    assert found['orderwire_forwarding_kept_orders{business="shop"}'] == 4
    assert found["orderwire_metrics_complete"] == 1


def test_businesses_beyond_a_page_are_there(server):
    with connect(server, "h2c") as channel:
        client = Client(channel)
        for number in range(101):
            put_intake(client, f"many{number:03}", lanes=1)
    found = samples(ask(server)[1])
    assert sum(series.startswith("orderwire_forwarding_kept_orders{business=\"many") for series in found) == 101


@pytest.mark.parametrize("method, path, status", [
    ("GET", "/", 404), ("GET", "/metrics/x", 404), ("POST", "/metrics", 405), ("GET", "/metrics?debug=1", 200),
])
def test_other_requests(server, method, path, status):
    assert ask(server, method, path)[0].status == status


def test_head_has_no_body(server):
    response, text = ask(server, "HEAD")
    assert response.status == 200 and int(response.getheader("Content-Length")) > 0 and not text


@pytest.mark.parametrize("request_, status", [
    (b"\r\n\r\n", b"400"), (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"400"), (b"GET metrics HTTP/1.1\r\n\r\n", b"400"),
    (b"GET /metrics HTTP/1.0\n\n", b"200"), (b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 9000, b"431"),
])
def test_what_is_no_request(server, request_, status):
    assert said(server, request_).split(b" ")[1] == status


def test_who_asks_for_nothing_holds_nobody_up_for_long(server):
    with socket.create_connection(port_of(server), timeout=20) as silent:
        silent.sendall(b"GET /metr")
        assert ask(server)[0].status == 200
        assert silent.recv(1) == b""


def test_a_port_that_is_taken_is_named(server, tmp_path):
    host, port = port_of(server)
    end = run("serve", "--store", f"sqlite:{tmp_path}/s.db", "--listen", "127.0.0.1:0", "--metrics-listen", f"{host}:{port}")
    assert end.returncode != 0 and f"{host}:{port}" in end.stderr
