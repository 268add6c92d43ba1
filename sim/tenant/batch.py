"""POST /$batch: at most 20 requests, each judged alone; the outer answer is 200, and in no promised order.

Source: learn.microsoft.com, "Combine multiple HTTP requests using JSON batching".
"""

import base64
import json
from collections.abc import Callable
from typing import Any

from sim.tenant.gateway import Incoming, check_method
from sim.tenant.refusal import Answer, bad_request, error_body

MAXIMUM = 20
_METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})
_KEYS = frozenset({"id", "method", "url", "headers", "body", "dependsOn"})


def answer_batch(outer: Incoming, context: str, answer_one: Callable[[Incoming], Answer]) -> Answer:
    """Answer every request of a batch by `answer_one`. GraphError 400 when the batch as a whole is malformed."""
    check_method(outer)
    requests = _requests(outer)
    answers: dict[str, Answer] = {}
    for request in requests:
        if any(answers[name].status >= 400 for name in request.get("dependsOn", ())):  # noqa: PLR2004 - HTTP's errors
            answers[request["id"]] = _failed_dependency()
        else:
            answers[request["id"]] = answer_one(_inner(request, outer))
    responses = [_response(name, answers[name]) for name in reversed(answers)]
    return Answer(200, {"@odata.context": context, "responses": responses})


def _requests(outer: Incoming) -> list[dict[str, Any]]:
    if not outer.headers.get("content-type", "").lower().startswith("application/json"):
        raise bad_request("Write requests (excluding DELETE) must contain the Content-Type header declaration.")
    try:
        body = json.loads(outer.body)
    except ValueError:
        raise bad_request("Unable to read JSON request payload.") from None
    requests = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(requests, list) or set(body) != {"requests"}:
        raise bad_request("Invalid batch payload format.")
    if not 1 <= len(requests) <= MAXIMUM:
        raise bad_request(f"Number of batch request steps exceeds the maximum value allowed '{MAXIMUM}'.")
    seen: set[str] = set()
    for request in requests:
        _check(request, seen)
        seen.add(request["id"])
    return requests


def _check(request: object, seen: set[str]) -> None:
    if not isinstance(request, dict) or not set(request) <= _KEYS:
        raise bad_request("Invalid batch payload format.")
    name, url = request.get("id"), request.get("url")
    if not isinstance(name, str) or not name or name in seen:
        raise bad_request(f"Request Id '{name}' is missing or not unique.")
    if request.get("method") not in _METHODS:
        raise bad_request(f"Request '{name}': the method is missing or not valid.")
    if not isinstance(url, str) or "://" in url or url.lstrip("/").startswith(("v1.0/", "beta/", "$batch")):
        raise bad_request(f"Request '{name}': the URL must be relative, without host and version.")
    headers = request.get("headers", {})
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise bad_request(f"Request '{name}': the headers are not valid.")
    if "body" in request and "content-type" not in {key.lower() for key in headers}:
        raise bad_request(f"Write request id : {name} does not contain Content-Type header or body.")
    depends = request.get("dependsOn", [])
    if not isinstance(depends, list) or not set(depends) <= seen:
        raise bad_request(f"Request '{name}': dependsOn names a request that doesn't come before it.")


def _inner(request: dict[str, Any], outer: Incoming) -> Incoming:
    path, _, query = request["url"].partition("?")
    headers = {key.lower(): value for key, value in request.get("headers", {}).items()}
    body = json.dumps(request["body"]).encode() if "body" in request else b""
    headers["authorization"] = outer.headers.get("authorization", "")
    return Incoming(request["method"], f"/v1.0/{path.lstrip('/')}", query, headers, body)


def _response(name: str, answer: Answer) -> dict[str, Any]:
    response: dict[str, Any] = {"id": name, "status": answer.status, "headers": dict(answer.headers)}
    if isinstance(answer.body, str):
        response["headers"]["Content-Type"] = "text/plain"
        response["body"] = base64.b64encode(answer.body.encode()).decode()
    elif answer.body is not None:
        response["headers"]["Content-Type"] = "application/json"
        response["body"] = answer.body
    return response


def _failed_dependency() -> Answer:
    return Answer(424, error_body("FailedDependency", "A request that this one depends on failed.", "", ""))
