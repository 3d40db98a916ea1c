"""Makes the stubs from the protos: messages and services with their types."""

from __future__ import annotations

import pathlib

import grpc_tools
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from grpc_tools import protoc

_CALLABLES = {
    (False, False): "UnaryUnary",
    (False, True): "UnaryStream",
    (True, False): "StreamUnary",
    (True, True): "StreamStream",
}


def make(protos: pathlib.Path, out: pathlib.Path) -> None:
    """Makes the modules of `orderwire.v1`, of the protos in the folder `protos`, in the folder `out`."""
    # Those of google/rpc come with a package of their own, which others depend on too.
    files = sorted(protos.glob("orderwire/v1/*.proto"))
    well_known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    out.mkdir(parents=True, exist_ok=True)
    described = out / "descriptors"
    status = protoc.main(
        ["protoc", f"-I{protos}", f"-I{well_known}", f"--python_out={out}", f"--pyi_out={out}"]
        + [f"--grpc_python_out={out}", f"--descriptor_set_out={described}"]
        + [str(file) for file in files]
    )
    if status != 0:
        raise RuntimeError("protoc refuses the protos")
    descriptors = FileDescriptorSet.FromString(described.read_bytes())
    described.unlink()
    for file in descriptors.file:
        if file.service:
            (out / file.name.replace(".proto", "_pb2_grpc.pyi")).write_text(_types(file))


def _types(file: FileDescriptorProto) -> str:
    """The types of a file's stubs, which grpcio-tools doesn't make."""
    module = file.name.removesuffix(".proto").replace("/", ".") + "_pb2"
    lines = ["import grpc", f"import {module}", ""]
    for service in file.service:
        lines += [f"class {service.name}Stub:", "    def __init__(self, channel: grpc.Channel) -> None: ..."]
        for method in service.method:
            kind = _CALLABLES[method.client_streaming, method.server_streaming]
            types = ", ".join(_name(module, file, name) for name in (method.input_type, method.output_type))
            lines.append(f"    {method.name}: grpc.{kind}MultiCallable[{types}]")
        lines.append("")
    return "\n".join(lines)


def _name(module: str, file: FileDescriptorProto, name: str) -> str:
    return module + name.removeprefix("." + file.package)
