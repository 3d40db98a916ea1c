"""Manufacturers and goods in versions, and their import, by stream and by CSV: FW9's catalog."""

import concurrent.futures
import json
import subprocess

import grpc
import pytest

from api import Client, catalog as c, refusal, refused, wrong_fields
from conftest import connect
from pools import request_id
from server import PROGRAM, Server, environment, run
from stocking import pages

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED


def good(number="tea", name="Tea", **fields):
    return c.Good(number=number, name=name, **fields)


def maker(number="m", name="Maker", **fields):
    return c.Manufacturer(number=number, name=name, **fields)


def put(client, business, *goods, **fields):
    return client.PutGoods(business=business, goods=goods, **fields)


def put_makers(client, business, *makers, **fields):
    return client.PutManufacturers(business=business, manufacturers=makers, **fields)


def counts(answer):
    return answer.added, answer.changed, answer.unchanged


def test_versions(client, business):
    first = put_makers(client, business, maker(details="here"))
    assert (counts(first.counts), list(first.versions)) == ((1, 0, 0), [1])
    assert counts(put(client, business, good(manufacturer="m"), good("rice")).counts) == (2, 0, 0)
    second = put(client, business, good(manufacturer="m", details="green"), good("rice"), good("salt"))
    assert (counts(second.counts), list(second.versions)) == ((1, 1, 1), [2, 1, 1])
    # What is computed here isn't taken from the client, nor does it make a version.
    assert list(put(client, business, good("rice", version=9)).versions) == [1]
    put_makers(client, business, maker(details="there"))
    now = client.GetGood(business=business, number="tea")
    assert (now.good.version, now.good.details, now.good.manufacturer) == (2, "green", "m")
    assert (now.manufacturer.version, now.manufacturer.details) == (2, "there")
    # An old version's manufacturer is the one of then.
    then = client.GetGood(business=business, number="tea", version=1).manufacturer
    assert (then.version, then.details) == (1, "here")
    then = client.GetGood(business=business, number="tea", version=1).good
    assert (then.version, then.details, then.name) == (1, "", "Tea")
    assert then.update_time.ToMicroseconds() < now.good.update_time.ToMicroseconds()
    assert not client.GetGood(business=business, number="rice").HasField("manufacturer")
    old = client.GetManufacturer(business=business, number="m", version=1).manufacturer
    assert (old.version, old.details) == (1, "here")
    assert client.GetManufacturer(business=business, number="m").manufacturer.details == "there"


def test_a_repeated_call_is_answered_as_before(client, business):
    same = request_id()
    first = put(client, business, good(), request_id=same)
    put(client, business, good(name="Other"))
    assert put(client, business, good(), request_id=same) == first
    assert client.GetGood(business=business, number="tea").good.version == 2
    same = request_id()
    first = put_makers(client, business, maker(), request_id=same)
    assert put_makers(client, business, maker(), request_id=same) == first


def test_lists(client, business):
    names = sorted(["茶", "a,b", *(f"g{n}" for n in range(20))], key=str.encode)
    put(client, business, *(good(name) for name in names))
    put_makers(client, business, *(maker(name) for name in names))
    listed, count = pages(client.ListGoods, "goods", business=business, page_size=8)
    assert [item.number for item in listed] == names and count == 3
    listed, count = pages(client.ListManufacturers, "manufacturers", business=business, page_size=22)
    assert [item.number for item in listed] == names and count == 1
    # Pages are bounded in bytes too.
    large = business + "-large"
    for first in range(0, 600, 200):
        put(client, large, *(good(f"g{n:04}", details="d" * 4096) for n in range(first, first + 200)))
    listed, count = pages(client.ListGoods, "goods", business=large, page_size=1000)
    assert len(listed) == 600 and count == 3


def send(client, *messages):
    return client.stub("ImportGoods")(iter(messages), timeout=20)


def test_an_import(client, business):
    messages = [
        c.ImportGoodsRequest(
            business=business, manufacturers=[maker(f"m{n}")],
            goods=[good(f"g{n}-{k}", manufacturer=f"m{n}") for k in range(500)])
        for n in range(4)
    ]
    answer = send(client, *messages)
    assert (answer.messages, counts(answer.manufacturers), counts(answer.goods)) == (4, (4, 0, 0), (2000, 0, 0))
    # The whole stream again, with one that is other.
    messages[2].goods[7].name = "Other"
    again = send(client, *messages)
    assert (counts(again.manufacturers), counts(again.goods)) == ((0, 0, 4), (0, 1, 1999))
    assert client.GetGood(business=business, number="g2-7").good.version == 2
    assert send(client).messages == 0


def test_two_imports_at_once(server, business):
    """Each good is one version, whoever comes first."""
    def run_import(_):
        with connect(server, "h2c") as channel:
            return send(Client(channel), *(
                c.ImportGoodsRequest(business=business, goods=[good(f"g{n}-{k}") for k in range(100)])
                for n in range(10)))

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(run_import, range(2)))
    assert sum(answer.goods.added for answer in answers) == 1000
    assert sum(answer.goods.unchanged for answer in answers) == 1000


def test_a_refused_message_ends_the_import(client, business):
    messages = [c.ImportGoodsRequest(business=business, goods=[good(f"g{n}")]) for n in range(3)]
    messages[1].goods.append(good("bad", manufacturer="nobody"))
    with pytest.raises(grpc.RpcError) as error:
        send(client, *messages)
    got = refusal(error.value)
    assert (got.code, got.reason) == (NOT_FOUND, "MANUFACTURER_NOT_FOUND")
    assert got.metadata == {"field": "goods[1].manufacturer", "message": "1"}
    assert [item.number for item in client.ListGoods(business=business).goods] == ["g0"]


def test_over_kill_9(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        put_makers(client, "shop", maker())
        put(client, "shop", good(manufacturer="m"))
        put(client, "shop", good(manufacturer="m", details="green"))
        before = client.GetGood(business="shop", number="tea")
        server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        assert client.GetGood(business="shop", number="tea") == before
        assert list(put(client, "shop", good(manufacturer="m", details="green")).versions) == [2]
        assert list(put(client, "shop", good(manufacturer="m")).versions) == [3]
        assert client.GetGood(business="shop", number="tea", version=1).good.details == ""


def goods(*given):
    return lambda client, business: put(client, business, *given)


def makers(*given):
    return lambda client, business: put_makers(client, business, *given)


def ask(method, **fields):
    return lambda client, business: getattr(client, method)(business=business, **fields)


def imported(*messages):
    return lambda client, business: send(client, *messages)


REFUSALS = [
    (goods(), INVALID, "GOODS_OUT_OF_RANGE", "goods"),
    (goods(*(good(f"g{n}") for n in range(1_001))), INVALID, "GOODS_OUT_OF_RANGE", "goods"),
    (makers(), INVALID, "MANUFACTURERS_OUT_OF_RANGE", "manufacturers"),
    (makers(*(maker(f"m{n}") for n in range(1_001))), INVALID, "MANUFACTURERS_OUT_OF_RANGE", "manufacturers"),
    (goods(good("")), INVALID, "NUMBER_INVALID", "goods[0].number"),
    (goods(good("x"), good("g" * 65)), INVALID, "NUMBER_INVALID", "goods[1].number"),
    (goods(good("a\tb")), INVALID, "NUMBER_INVALID", "goods[0].number"),
    (goods(good(name="")), INVALID, "NAME_INVALID", "goods[0].name"),
    (goods(good(name="n" * 257)), INVALID, "NAME_INVALID", "goods[0].name"),
    (goods(good(details="d" * 4097)), INVALID, "DETAILS_TOO_LONG", "goods[0].details"),
    (goods(good(), good()), INVALID, "NUMBER_TWICE", "goods[1].number"),
    (goods(good(manufacturer="m\n")), INVALID, "NUMBER_INVALID", "goods[0].manufacturer"),
    (goods(good(manufacturer="nobody")), NOT_FOUND, "MANUFACTURER_NOT_FOUND", "goods[0].manufacturer"),
    (makers(maker("")), INVALID, "NUMBER_INVALID", "manufacturers[0].number"),
    (makers(maker(name="\n")), INVALID, "NAME_INVALID", "manufacturers[0].name"),
    (makers(maker(details="d" * 4097)), INVALID, "DETAILS_TOO_LONG", "manufacturers[0].details"),
    (makers(maker(), maker()), INVALID, "NUMBER_TWICE", "manufacturers[1].number"),
    (ask("GetGood", number=""), INVALID, "NUMBER_INVALID", "number"),
    (ask("GetGood", number="tea"), NOT_FOUND, "GOOD_NOT_FOUND", "number"),
    (ask("GetManufacturer", number="\n"), INVALID, "NUMBER_INVALID", "number"),
    (ask("GetManufacturer", number="m"), NOT_FOUND, "MANUFACTURER_NOT_FOUND", "number"),
    (ask("ListGoods", page_size=-1), INVALID, "PAGE_SIZE_OUT_OF_RANGE", "page_size"),
    (ask("ListManufacturers", page_size=1_001), INVALID, "PAGE_SIZE_OUT_OF_RANGE", "page_size"),
    (ask("ListGoods", page_token="\n"), INVALID, "PAGE_TOKEN_INVALID", "page_token"),
    (ask("ListManufacturers", page_token="\n"), INVALID, "PAGE_TOKEN_INVALID", "page_token"),
    (imported(c.ImportGoodsRequest(business="shop")), INVALID, "ITEMS_OUT_OF_RANGE", "goods"),
    (imported(c.ImportGoodsRequest(
        business="shop", goods=[good(f"g{n}") for n in range(600)],
        manufacturers=[maker(f"m{n}") for n in range(401)])), INVALID, "ITEMS_OUT_OF_RANGE", "goods"),
]


@pytest.mark.parametrize("call, code, reason, field", REFUSALS, ids=lambda value: getattr(value, "name", str(value)))
def test_refusals(client, business, call, code, reason, field):
    got = refused(call, client, business)
    assert (got.code, got.reason) == (code, reason)
    assert field in (got.metadata.get("field"), *wrong_fields(got))
    assert not client.ListGoods(business=business).goods
    assert not client.ListManufacturers(business=business).manufacturers


@pytest.mark.parametrize("method", [
    "PutManufacturers", "PutGoods", "GetManufacturer", "GetGood", "ListManufacturers", "ListGoods"])
def test_every_method_looks_at_the_business(client, method):
    got = refused(getattr(client, method), business="no business")
    assert (got.code, got.reason, wrong_fields(got)) == (INVALID, "BUSINESS_INVALID", ["business"])


def test_an_import_is_of_one_business(client, business):
    one, other = (c.ImportGoodsRequest(business=name, goods=[good()]) for name in (business, business + "-other"))
    got = refused(send, client, one, other)
    assert (got.code, got.reason, wrong_fields(got)) == (INVALID, "BUSINESS_CHANGED", ["business"])
    assert got.metadata["message"] == "1"
    got = refused(send, client, c.ImportGoodsRequest(business="no business", goods=[good()]))
    assert (got.reason, got.metadata["message"]) == ("BUSINESS_INVALID", "0")


def test_versions_that_are_not_there(client, business):
    put(client, business, good())
    put_makers(client, business, maker())
    for method, number in ("GetGood", "tea"), ("GetManufacturer", "m"):
        for version in -1, 2, 2**63 - 1:
            got = refused(getattr(client, method), business=business, number=number, version=version)
            assert (got.code, got.reason, wrong_fields(got)) == (INVALID, "VERSION_INVALID", ["version"])


@pytest.mark.parametrize("setting, reason", [
    ("items", "CATALOG_ITEMS_EXHAUSTED"), ("versions", "CATALOG_VERSIONS_EXHAUSTED")])
def test_what_a_server_takes_on(tmp_path, setting, reason):
    with Server(tmp_path, f"--max-catalog-{setting}", 2) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        put_makers(client, "shop", maker())
        put(client, "shop", good())
        for business in "shop", "other":
            got = refused(put, client, business, good("rice"))
            assert (got.code, got.reason, got.metadata) == (EXHAUSTED, reason, {"limit": "2"})
        assert list(put(client, "shop", good()).versions) == [1]
        if setting == "items":
            assert list(put(client, "shop", good(name="Other")).versions) == [2]
        else:
            assert refused(put, client, "shop", good(name="Other")).reason == reason


# `orderwire goods import`.

def import_file(server, business, path, *more, text=None):
    return subprocess.run(
        [PROGRAM, "goods", "import", business, str(path), "--connect", server.h2c, *more], input=text,
        capture_output=True, text=True, timeout=60, env=environment())


CSV = 'number,name,manufacturer,manufacturer_name,details\r\ntea,Tea,m,"Maker, the ""first""",\r\nrice,Rice,m,,"two\nlines"\r\n'


def test_a_csv_file_tells_manufacturers_apart_by_their_bytes(server, business):
    """As one character and as two: Unicode takes them for the same."""
    lines = [f"{number},g,{maker},{name}" for number, maker, name in (
        (1, "caf\u00e9", "same"), (2, "cafe\u0301", "same"), (3, "cafe\u0301", "same"))]
    text = "\n".join(["number,name,manufacturer,manufacturer_name", *lines])
    done = import_file(server, business, "-", text=text)
    assert (done.returncode, done.stdout) == (0, "goods\t3\t0\t0\nmanufacturers\t2\t0\t0\n")
    other = import_file(server, business, "-", text=text + "\n4,g,m,caf\u00e9\n5,g,m,cafe\u0301")
    assert other.returncode != 0 and "has another name before" in other.stderr


def test_a_csv_file(server, business, tmp_path):
    path = tmp_path / "goods.csv"
    path.write_text(CSV, newline="")
    done = import_file(server, business, path)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "goods\t2\t0\t0\nmanufacturers\t1\t0\t0\n")
    with connect(server, "h2c") as channel:
        client = Client(channel)
        found = client.GetGood(business=business, number="rice")
        assert found.good.details == "two\nlines" and found.manufacturer.name == 'Maker, the "first"'
    again = import_file(server, business, "-", "--json", text=CSV)
    answer = json.loads(again.stdout)
    assert (again.returncode, answer["goods"]["unchanged"]) == (0, "2")


def test_a_long_csv_file(server, business):
    text = "number,name\n" + "".join(f"g{n:05},name {n}\n" for n in range(20_000))
    done = import_file(server, business, "-", text=text)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "goods\t20000\t0\t0")


@pytest.mark.parametrize("text, status, words", [
    ("", 66, "-: has no line with the columns"),
    ("number,colour\n", 66, '-: line 1: no column "colour"'),
    ('number,name\na,"b', 66, "-: line 2: a quote is never closed"),
    ("number,name\na,b\nc\n", 66, "-: line 3: has 1 fields, not 2"),
    ("number,name\n" + "".join(f"g{n},x\n" for n in range(700)) + "last,\n", 76,
     "-: in the goods from line 502 on: "),
    ("number,name,manufacturer\na,b,nobody\n", 76, "-: in the goods from line 2 on: "),
])
def test_files_that_are_refused(server, business, text, status, words):
    done = import_file(server, business, "-", text=text)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.startswith(f"orderwire: {words}")


def test_files_that_are_not_there(server, business):
    done = import_file(server, business, "/nowhere/goods.csv")
    assert done.returncode == 66 and "/nowhere/goods.csv: can't be read" in done.stderr
    assert run("goods", "import", business, "-", "--connect", "127.0.0.1:1").returncode == 69
