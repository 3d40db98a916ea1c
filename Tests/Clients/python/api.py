"""The client package with its stubs, made once a run from Protos, and a client of every service."""

import atexit
import collections
import importlib
import importlib.util
import pathlib
import shutil
import sys
import tempfile
import uuid

import grpc

from server import ROOT

PACKAGE = ROOT / "Tests/Clients/python/package"


def _generate():
    """Makes the client package importable as it is installed: its modules and the stubs in one folder."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="stubs-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    spec = importlib.util.spec_from_file_location("make_stubs", PACKAGE / "orderwire/_stubs.py")
    make_stubs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make_stubs)
    shutil.copytree(PACKAGE / "orderwire", folder / "orderwire", ignore=shutil.ignore_patterns("__pycache__"))
    make_stubs.make(ROOT / "Protos", folder)
    sys.path.insert(0, str(folder))


_generate()
allocation = importlib.import_module("orderwire.v1.allocation_pb2")
allocation_grpc = importlib.import_module("orderwire.v1.allocation_pb2_grpc")
forwarding = importlib.import_module("orderwire.v1.forwarding_pb2")
forwarding_grpc = importlib.import_module("orderwire.v1.forwarding_pb2_grpc")
history = importlib.import_module("orderwire.v1.history_pb2")
history_grpc = importlib.import_module("orderwire.v1.history_pb2_grpc")
locking = importlib.import_module("orderwire.v1.locking_pb2")
locking_grpc = importlib.import_module("orderwire.v1.locking_pb2_grpc")
warnings = importlib.import_module("orderwire.v1.warnings_pb2")
catalog = importlib.import_module("orderwire.v1.catalog_pb2")
catalog_grpc = importlib.import_module("orderwire.v1.catalog_pb2_grpc")
stock = importlib.import_module("orderwire.v1.stock_pb2")
stock_grpc = importlib.import_module("orderwire.v1.stock_pb2_grpc")
warnings_grpc = importlib.import_module("orderwire.v1.warnings_pb2_grpc")
money = importlib.import_module("orderwire.v1.money_pb2")
token = importlib.import_module("orderwire.v1.token_pb2")
status = importlib.import_module("google.rpc.status_pb2")
error_details = importlib.import_module("google.rpc.error_details_pb2")

DEADLINE_SECONDS = 20


def uuid7(milliseconds):
    """A request id that carries its time, as the server likes them."""
    value = uuid.uuid4().int
    value = value & ((1 << 80) - 1) | milliseconds << 80
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(3 << 62) | 2 << 62
    return str(uuid.UUID(int=value))


class Client:
    """One channel and the stubs of every service on it; every call has a deadline."""

    def __init__(self, channel):
        self.channel = channel
        self._stubs = [
            allocation_grpc.AllocationServiceStub(channel),
            locking_grpc.LockingServiceStub(channel),
            history_grpc.HistoryServiceStub(channel),
            warnings_grpc.WarningServiceStub(channel),
            catalog_grpc.CatalogServiceStub(channel),
            stock_grpc.StockServiceStub(channel),
            forwarding_grpc.ForwardingServiceStub(channel),
        ]
        self._modules = [allocation, locking, history, warnings, catalog, stock, forwarding]

    def __getattr__(self, method):
        for stub, module in zip(self._stubs, self._modules):
            if hasattr(stub, method):
                call, request_type = getattr(stub, method), getattr(module, method + "Request")
                break
        else:
            raise AttributeError(method)

        def invoke(request=None, timeout=DEADLINE_SECONDS, metadata=None, **fields):
            return call(request or request_type(**fields), timeout=timeout, metadata=metadata)

        return invoke

    def stub(self, method):
        """The bare method of its stub, for streams."""
        return next(getattr(stub, method) for stub in self._stubs if hasattr(stub, method))

    def close(self):
        self.channel.close()


Refusal = collections.namedtuple("Refusal", "code reason metadata message details")


def refusal(error):
    """What a program can tell from a refusal: its code, and the reason of its ErrorInfo."""
    info, details = None, []
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            packed = status.Status.FromString(value)
            assert packed.code == error.code().value[0], "the status and its details differ"
            assert packed.message == error.details(), "the message and its details differ"
            for detail in packed.details:
                known = getattr(error_details, detail.TypeName().rsplit(".", 1)[1])()
                detail.Unpack(known)
                details.append(known)
                if isinstance(known, error_details.ErrorInfo):
                    info = known
    reason = info.reason if info else None
    if info:
        assert info.domain == "orderwire"
    return Refusal(error.code(), reason, dict(info.metadata) if info else {}, error.details(), details)


def wrong_fields(refusal):
    """The paths of the fields that a refusal calls wrong."""
    return [
        violation.field
        for detail in refusal.details if isinstance(detail, error_details.BadRequest)
        for violation in detail.field_violations
    ]


def refused(call, *arguments, **fields):
    """Makes a call that must be refused, and returns how."""
    try:
        answer = call(*arguments, **fields)
    except grpc.RpcError as error:
        return refusal(error)
    raise AssertionError(f"not refused: {answer}")
