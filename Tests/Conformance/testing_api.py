"""The calls of `grpc.testing.TestService` from its protos, without generated modules.

Such modules would be called `grpc.testing`, and `grpc` is grpcio's own package.
"""

import pathlib
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc

PROTOS = pathlib.Path(__file__).resolve().parent / "Protos"
SERVICE = "grpc.testing.TestService"


def _pool():
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "set"
        arguments = [f"-I{PROTOS}", "--include_imports", f"--descriptor_set_out={out}", "grpc/testing/test.proto"]
        assert protoc.main(["protoc", *arguments]) == 0, "protoc refuses the protos"
        files = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return pool


_POOL = _pool()


def message(name, **fields):
    """A message of the package, by its name there."""
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"grpc.testing.{name}"))(**fields)


class TestServiceStub:
    """A callable for every method of the service, named as it is."""

    __test__ = False

    def __init__(self, channel):
        kinds = {
            (False, False): channel.unary_unary,
            (False, True): channel.unary_stream,
            (True, False): channel.stream_unary,
            (True, True): channel.stream_stream,
        }
        for method in _POOL.FindServiceByName(SERVICE).methods:
            request = message_factory.GetMessageClass(method.input_type)
            response = message_factory.GetMessageClass(method.output_type)
            call = kinds[method.client_streaming, method.server_streaming](
                f"/{SERVICE}/{method.name}",
                request_serializer=request.SerializeToString,
                response_deserializer=response.FromString,
            )
            setattr(self, method.name, call)
