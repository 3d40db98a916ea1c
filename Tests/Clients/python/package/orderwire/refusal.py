"""What a refused call says."""

from __future__ import annotations

import dataclasses

import grpc
from google.protobuf.message import DecodeError, Message

from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]

_DETAILS = "grpc-status-details-bin"
# A later try of the same call may succeed; with anything else it is refused again, or its outcome isn't known.
_PASSING = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED}


@dataclasses.dataclass(frozen=True)
class Refusal:
    """Why a call failed, as far as a program can tell."""

    code: grpc.StatusCode
    # For people; it may change from one version to the next.
    message: str
    # For programs, such as "TOKEN_STALE"; empty where the failure isn't one of the server's own.
    reason: str = ""
    metadata: dict[str, str] = dataclasses.field(default_factory=dict)
    # The path of each field that is wrong, with what is wrong with it.
    fields: dict[str, str] = dataclasses.field(default_factory=dict)
    # Seconds to wait before a next try; None: the server doesn't say.
    retry_after: float | None = None

    @property
    def is_passing(self) -> bool:
        """Whether the server may take the same call later: it is down, or full and says for how long."""
        return self.code in _PASSING and (self.code is grpc.StatusCode.UNAVAILABLE or self.retry_after is not None)


def refusal(error: grpc.RpcError) -> Refusal:
    """What `error` says. Details that can't be read are left out."""
    if not isinstance(error, grpc.Call):
        return Refusal(grpc.StatusCode.UNKNOWN, str(error))
    code, message = error.code() or grpc.StatusCode.UNKNOWN, error.details() or ""
    reason, metadata, fields, retry_after = "", {}, {}, None
    for detail in _details(error):
        if isinstance(detail, error_details_pb2.ErrorInfo):
            reason, metadata = detail.reason, dict(detail.metadata)
        elif isinstance(detail, error_details_pb2.BadRequest):
            fields = {violation.field: violation.description for violation in detail.field_violations}
        elif isinstance(detail, error_details_pb2.RetryInfo):
            retry_after = detail.retry_delay.seconds + detail.retry_delay.nanos / 1e9
    if "field" in metadata:
        fields.setdefault(metadata["field"], message)
    return Refusal(code, message, reason, metadata, fields, retry_after)


def _details(error: grpc.Call) -> list[Message]:
    known: list[type[Message]] = [
        error_details_pb2.ErrorInfo,
        error_details_pb2.BadRequest,
        error_details_pb2.RetryInfo,
    ]
    found: list[Message] = []
    for key, value in error.trailing_metadata() or ():
        if key != _DETAILS or not isinstance(value, bytes):
            continue
        try:
            for packed in status_pb2.Status.FromString(value).details:
                for kind in known:
                    if packed.Is(kind.DESCRIPTOR):
                        detail = kind()
                        packed.Unpack(detail)
                        found.append(detail)
        except DecodeError:
            continue
    return found
