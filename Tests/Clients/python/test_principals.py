"""Who a caller is, by the name in its certificate; a certificate that leaves it open is refused."""

import subprocess

import grpc
import pytest

from api import Client, allocation, refused
from pools import allocate, make_pool, release
from server import Server
from test_quotas import exceeded, set_quota

UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED
TRUST = "spiffe://orderwire.test/"


@pytest.fixture(scope="module")
def server(tmp_path_factory, certificates):
    """A server that serves clients of the CA alone."""
    with Server(tmp_path_factory.mktemp("mutual"), certificates=certificates, client_ca=certificates / "ca.pem") as server:
        yield server


@pytest.fixture
def called_as(server, certificates, tmp_path):
    """How to get a client whose certificate, signed by the CA, has this subject and these other names."""
    channels = []

    def client(subject="/", names=()):
        key, request, certificate, extensions = (tmp_path / name for name in ("key", "csr", "pem", "ext"))
        extensions.write_text(
            "extendedKeyUsage=clientAuth\n"
            + ("subjectAltName=@names\n[names]\n" if names else "")
            + "".join(f"{kind}.{place}={name}\n" for place, (kind, name) in enumerate(names))
        )
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        openssl("req", "-new", "-key", key, "-subj", subject, "-out", request)
        openssl(
            "x509", "-req", "-in", request, "-CA", certificates / "ca.pem", "-CAkey", certificates / "ca.key",
            "-set_serial", "1", "-days", "1", "-extfile", extensions, "-out", certificate,
        )
        credentials = grpc.ssl_channel_credentials(
            root_certificates=(certificates / "ca.pem").read_bytes(), private_key=key.read_bytes(),
            certificate_chain=certificate.read_bytes(),
        )
        channels.append(grpc.secure_channel(server.tls, credentials))
        return Client(channels[-1])

    yield client
    for channel in channels:
        channel.close()


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


NAMED = [
    ("a SPIFFE id before all else", "/CN=x", [("URI", TRUST + "till"), ("DNS", "a.test")], f"spiffe:{TRUST}till"),
    ("a DNS name before the subject", "/CN=x", [("DNS", "a.test")], "dns:a.test"),
    ("a DNS name beside a URI of another kind", "/", [("URI", "https://a.test"), ("DNS", "a.test")], "dns:a.test"),
    ("the subject where there is nothing else", "/O=Shop/CN=till", [], "subject:CN=till,O=Shop"),
    ("the longest name", "/", [("URI", TRUST + "a" * (512 - len("spiffe:" + TRUST)))], None),
]


@pytest.mark.parametrize("subject, names, principal", [row[1:] for row in NAMED], ids=[row[0] for row in NAMED])
def test_named(called_as, business, subject, names, principal):
    client = called_as(subject, names)
    make_pool(client, business)
    number = allocate(client, business).numbers[0]
    expected = principal or "spiffe:" + names[0][1]
    assert client.GetLock(business=business, number=number.number).lock.principal == expected


def test_a_quota_counts_what_a_principal_has_whatever_it_calls_itself(called_as, business):
    till, other = called_as("/", [("DNS", "till.test")]), called_as("/", [("DNS", "other.test")])
    make_pool(till, business, reuse_policy=allocation.REUSE_POLICY_AT_ONCE)
    set_quota(till, business, 3, principal="dns:till.test")
    held = allocate(till, business, 2, holder="a").numbers
    exceeded(3, 2, allocate, till, business, 2, holder="b")
    # A quota of another's name, and of a holder by the same name, don't count for it.
    set_quota(till, business, 0, holder="b")
    allocate(till, business, holder="b")
    allocate(other, business, 5, holder="a")
    exceeded(3, 3, allocate, till, business, holder="c")
    release(till, business, held[:1], holder="a")
    allocate(till, business, holder="c")
    listed = {(quota.principal, quota.holder): quota for quota in till.ListQuotas(business=business).quotas}
    assert listed["dns:till.test", ""].live == listed["dns:till.test", ""].limit == 3


REFUSED = [
    ("no name at all", "/", [], "PRINCIPAL_MISSING", {}),
    ("two SPIFFE ids", "/", [("URI", TRUST + "a"), ("URI", TRUST + "b")], "PRINCIPAL_AMBIGUOUS", {}),
    ("a SPIFFE id and another URI", "/", [("URI", TRUST + "a"), ("URI", "https://a.test")], "PRINCIPAL_AMBIGUOUS", {}),
    ("two DNS names", "/CN=x", [("DNS", "a.test"), ("DNS", "b.test")], "PRINCIPAL_AMBIGUOUS", {}),
    ("two URIs of another kind", "/CN=x", [("URI", "https://a.test"), ("URI", "https://b.test")], "PRINCIPAL_AMBIGUOUS", {}),
    (
        "a name one byte too long", "/", [("URI", TRUST + "a" * (513 - len("spiffe:" + TRUST)))],
        "PRINCIPAL_TOO_LONG", {"limit": "512"},
    ),
]


@pytest.mark.parametrize("subject, names, reason, metadata", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused(called_as, business, subject, names, reason, metadata):
    client = called_as(subject, names)
    # Those that change something as well as those that only ask.
    for call in (
        lambda: client.ListPools(),
        lambda: make_pool(client, business),
        lambda: allocate(client, business),
        lambda: client.CreateLease(business=business, holder="x"),
    ):
        refusal = refused(call)
        assert (refusal.code, refusal.reason, refusal.metadata) == (UNAUTHENTICATED, reason, metadata)
        assert refusal.message
