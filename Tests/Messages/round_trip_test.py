"""Our messages against Python's protobuf: what it writes we read, and write back as it would.

`message-round-trip` (Tests/Messages/RoundTrip) decodes and encodes an Everything for each frame.
"""

import importlib.util
import pathlib
import random
import struct
import subprocess

import grpc_tools
import pytest
from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.unknown_fields import UnknownFieldSet
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parents[2]
REFUSED = 0xFFFFFFFF


@pytest.fixture(scope="session")
def program():
    path = ROOT / ".build/debug/message-round-trip"
    if not path.exists():
        subprocess.run(
            ["swift", "build", "--product", "message-round-trip"], cwd=ROOT, check=True
        )
    return path


@pytest.fixture(scope="session")
def proto(tmp_path_factory):
    folder = tmp_path_factory.mktemp("proto")
    well_known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    status = protoc.main(
        [
            "protoc",
            f"-I{ROOT / 'Tests/Messages/Protos'}",
            f"-I{well_known}",
            f"--python_out={folder}",
            "orderwire/test/v1/everything.proto",
        ]
    )
    assert status == 0
    # By its file: the package `orderwire` is that of the client.
    spec = importlib.util.spec_from_file_location("everything_pb2", folder / "orderwire/test/v1/everything_pb2.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def round_trip(program, frames):
    """For each frame its answer: bytes, or a refusal as (reason, field)."""
    data = b"".join(struct.pack("<I", len(frame)) + frame for frame in frames)
    result = subprocess.run([program], input=data, capture_output=True, timeout=300, check=True)
    out, position, answers = result.stdout, 0, []

    def take():
        nonlocal position
        (count,) = struct.unpack_from("<I", out, position)
        position += 4
        if count == REFUSED:
            reason, _, field = take().decode().partition(" ")
            return reason, field
        position += count
        return out[position - count : position]

    while position < len(out):
        answers.append(take())
    assert len(answers) == len(frames)
    return answers


INTEGERS = {
    Field.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    Field.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    Field.CPPTYPE_UINT32: (0, 2**32 - 1),
    Field.CPPTYPE_UINT64: (0, 2**64 - 1),
}
FLOATS = [0.0, -0.0, 1.5, -2.25, float("inf"), float("-inf"), float("nan"), 2.0**-149, 3.0e38]
STRINGS = ["", "a", "grüezi", "日本", "😀", "x" * 15, "y" * 16, "z" * 300, "\u0001\u007f\ud7ff"]


def value_of(rng, field):
    kind = field.cpp_type
    if kind in INTEGERS:
        low, high = INTEGERS[kind]
        return rng.choice([low, high, 0, 1, rng.randint(low, high), rng.randint(0, 300)])
    if kind == Field.CPPTYPE_BOOL:
        return rng.random() < 0.5
    if kind in (Field.CPPTYPE_FLOAT, Field.CPPTYPE_DOUBLE):
        return rng.choice(FLOATS)
    if kind == Field.CPPTYPE_ENUM:
        return rng.choice([0, 1, 7, -3, 8, 99, -(2**31), 2**31 - 1])
    if field.type == Field.TYPE_BYTES:
        return rng.choice([b"", b"\0", b"\xff\xfe", rng.randbytes(rng.randint(0, 40))])
    return rng.choice(STRINGS)


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def fill(rng, message, depth=0):
    """Sets about half of the fields, less the deeper it is."""
    for field in message.DESCRIPTOR.fields:
        if rng.random() > (0.7 if depth < 2 else 0.4):
            continue
        if is_map(field):
            key, value = field.message_type.fields
            for _ in range(rng.randint(0, 3)):
                into = getattr(message, field.name)
                if value.message_type:
                    fill(rng, into[value_of(rng, key)], depth + 1)
                else:
                    into[value_of(rng, key)] = value_of(rng, value)
        elif field.is_repeated:
            for _ in range(rng.randint(0, 4)):
                if not field.message_type:
                    getattr(message, field.name).append(value_of(rng, field))
                elif depth < 4:
                    fill(rng, getattr(message, field.name).add(), depth + 1)
        elif field.message_type:
            if depth < 5:
                child = getattr(message, field.name)
                child.SetInParent()
                fill(rng, child, depth + 1)
        else:
            setattr(message, field.name, value_of(rng, field))


def canonical(message):
    message.DiscardUnknownFields()
    return message.SerializeToString(deterministic=True)


def test_random_messages_come_back_equal(program, proto):
    rng = random.Random(1)
    messages = []
    for _ in range(400):
        message = proto.Everything()
        fill(rng, message)
        messages.append(message)
    answers = round_trip(program, [message.SerializeToString() for message in messages])
    for message, answer in zip(messages, answers):
        assert isinstance(answer, bytes), answer
        assert canonical(proto.Everything.FromString(answer)) == canonical(message)
        assert len(answer) == len(canonical(message))


def test_each_field_alone_comes_back_equal(program, proto):
    """A field's zero, its limits and everything between, with nothing around it to hide a fault."""
    rng = random.Random(2)
    messages = []
    for outer in proto.Everything.DESCRIPTOR.fields:
        if not outer.message_type or outer.is_repeated:
            continue
        for inner in outer.message_type.fields:
            for _ in range(12):
                message = proto.Everything()
                child = getattr(message, outer.name)
                child.SetInParent()
                if is_map(inner):
                    key, value = inner.message_type.fields
                    into = getattr(child, inner.name)
                    if value.message_type:
                        into[value_of(rng, key)].SetInParent()
                    else:
                        into[value_of(rng, key)] = value_of(rng, value)
                elif inner.message_type:
                    pass
                elif inner.is_repeated:
                    getattr(child, inner.name).extend([value_of(rng, inner), value_of(rng, inner)])
                else:
                    setattr(child, inner.name, value_of(rng, inner))
                messages.append(message)
    answers = round_trip(program, [message.SerializeToString() for message in messages])
    for message, answer in zip(messages, answers):
        assert isinstance(answer, bytes), (message, answer)
        assert answer == canonical(message), message


def mutated(rng, data):
    """One or a few of the accidents that can happen to bytes."""
    data = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        if not data:
            break
        at = rng.randrange(len(data))
        kind = rng.randrange(6)
        if kind == 0:
            data[at] = rng.randrange(256)
        elif kind == 1:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            del data[at]
        elif kind == 3:
            data.insert(at, rng.randrange(256))
        elif kind == 4:
            del data[at:]
        else:
            end = min(len(data), at + rng.randint(1, 30))
            data[at:at] = data[at:end]
    return bytes(data)


def has_odd_entry(message):
    """Whether Python counts a map's entry as unknown, for an unknown field in it; others take it."""
    maps = {field.number for field in message.DESCRIPTOR.fields if is_map(field)}
    if any(unknown.field_number in maps for unknown in UnknownFieldSet(message)):
        return True
    for field, value in message.ListFields():
        if is_map(field):
            children = value.values() if field.message_type.fields[1].message_type else []
        elif field.message_type:
            children = value if field.is_repeated else [value]
        else:
            children = []
        if any(has_odd_entry(child) for child in children):
            return True
    return False


def test_agrees_with_python_about_damaged_messages(program, proto):
    """Both take it and read the same, or both refuse; except for what only we refuse."""
    rng = random.Random(3)
    frames = []
    for _ in range(4000):
        message = proto.Everything()
        # Only one or two parts, so that the damage is not always in the same long lists.
        for field in rng.sample(list(proto.Everything.DESCRIPTOR.fields), 2):
            if field.message_type and not field.is_repeated:
                fill(rng, getattr(message, field.name), 3)
        data = message.SerializeToString()
        frames.append(mutated(rng, data) if rng.random() < 0.8 else data + mutated(rng, data))
    taken = 0
    for frame, answer in zip(frames, round_trip(program, frames)):
        message = proto.Everything()
        try:
            message.ParseFromString(frame)
        except Exception:
            assert not isinstance(answer, bytes), (frame.hex(), answer.hex())
            continue
        if not isinstance(answer, bytes):
            assert answer[0] == "NUL_IN_STRING", (frame.hex(), answer)
            continue
        if has_odd_entry(message):
            continue
        taken += 1
        assert canonical(proto.Everything.FromString(answer)) == canonical(message), frame.hex()
    assert taken > 400


def field(number, content):
    """A field of wire type 2."""
    tag = number << 3 | 2
    out = bytearray()
    for value in (tag, len(content)):
        while value >= 0x80:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        out.append(value)
    return bytes(out) + content


def nested(depth):
    content = b""
    for _ in range(depth):
        content = field(2, content)
    return field(100, content)


REFUSALS = [
    ("NUL", field(1, field(14, b"a\0b")), ("NUL_IN_STRING", "plain.string_value")),
    ("half a character", field(1, field(14, b"a\xc3")), ("INVALID_UTF8", "plain.string_value")),
    ("a surrogate", field(1, field(14, b"\xed\xa0\x80")), ("INVALID_UTF8", "plain.string_value")),
    ("in a list", field(3, field(14, b"a") + field(14, b"\xff")), ("INVALID_UTF8", "lists.string_values[1]")),
    (
        "deep in a list",
        field(2048, b"") + field(2048, field(17, field(3, b"") + field(3, b"\0"))),
        ("NUL_IN_STRING", "plains[1].leaf.tags[1]"),
    ),
    ("a map's key", field(16, field(1, field(1, b"\xff"))), ("INVALID_UTF8", "maps.by_string[0].key")),
    ("cut short", field(1, field(17, b"\x0a\x05a")), ("MALFORMED_MESSAGE", "plain.leaf")),
    ("number 0", b"\x02\x00", ("MALFORMED_MESSAGE", "")),
    ("too deep", nested(100_000), ("NESTED_TOO_DEEP", "tree" + ".children[0]" * 20)),
    ("group never ends", b"\x0b" * 100_000, ("NESTED_TOO_DEEP", "")),
    ("takes too much memory", field(2048, b"") * 1_500_000, ("MEMORY_LIMIT_EXCEEDED", "")),
]


@pytest.mark.parametrize("name, frame, expected", REFUSALS, ids=[row[0] for row in REFUSALS])
def test_refuses_with_reason_and_field(program, name, frame, expected):
    (answer,) = round_trip(program, [frame])
    assert answer[0] == expected[0]
    assert answer[1].startswith(expected[1]) if name == "too deep" else answer[1] == expected[1]
    assert len(answer[1]) <= 256
