"""Graph's way to say no: one error body for every refusal."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(slots=True)
class Answer:
    """What the tenant answers to one request, before it is written to the wire."""

    status: int
    body: Any = None
    """A JSON value; a `str` is sent as text/plain; None is an empty body."""
    headers: dict[str, str] = field(default_factory=dict)


class GraphError(Exception):
    """A refusal, with Graph's status, code and message."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def bad_request(message: str, code: str = "BadRequest") -> GraphError:
    """A 400."""
    return GraphError(400, code, message)


def unsupported_query(message: str = "Unsupported Query.") -> GraphError:
    """The directory's 400 for a query it doesn't take."""
    return GraphError(400, "Request_UnsupportedQuery", message)


def not_found(identifier: str) -> GraphError:
    """The directory's 404."""
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{identifier}' does not exist or one of its queried reference-property objects are not present.",
    )


def error_body(code: str, message: str, request_id: str, client_request_id: str) -> dict[str, Any]:
    """The body that every Graph error has."""
    return {
        "error": {
            "code": code,
            "message": message,
            "innerError": {
                "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
                "request-id": request_id,
                "client-request-id": client_request_id,
            },
        }
    }


def encode(body: object) -> bytes:
    """A body as it goes over the wire."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
