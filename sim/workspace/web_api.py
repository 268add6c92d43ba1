"""The Web API over HTTP: docs.slack.dev/apis/web-api."""

import json
import time
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sim.workspace.methods import METHODS, Arguments, Method
from sim.workspace.refusals import RateLimitedError, SlackError
from sim.workspace.rules import Json
from sim.workspace.state import Call, State

_EVERYWHERE = {"team_id"}  # taken by every method; only tokens of an organisation need it
_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


class WebApi:
    """Finds the method, reads the arguments, looks at token, scope and rate, and answers as Slack does."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._failures: dict[str, list[str]] = {}

    def fail(self, method: str, error: str = "internal_error", count: int = 1) -> None:
        """The next so many calls of a method answer with this error and do nothing; HTTP 500 for `http_500`."""
        self._failures.setdefault(method, []).extend([error] * count)

    async def handle(self, request: web.Request) -> web.Response:
        """Any request under /api/."""
        name = request.match_info["method"]
        arguments: Json = {}
        headers: dict[str, str] = {}
        status = HTTPStatus.OK
        try:
            arguments, token, warning = await self._read(request, name)
            answer = {"ok": True, **self._call(METHODS.get(name), name, request.method, token, arguments)}
            if warning:
                answer["warning"] = warning
                answer.setdefault("response_metadata", {})["warnings"] = [warning]
        except SlackError as refusal:
            answer = {"ok": False, "error": refusal.error, **refusal.details}
            if isinstance(refusal, RateLimitedError):
                status = HTTPStatus.TOO_MANY_REQUESTS
                headers["Retry-After"] = str(refusal.retry_after)
            elif refusal.error == "http_500":
                status = HTTPStatus.INTERNAL_SERVER_ERROR
        error = None if answer["ok"] else answer["error"]
        self._state.calls.append(Call(time.monotonic(), name, arguments, error))
        self._state.changes.signal()
        known = METHODS.get(name)
        headers["X-OAuth-Scopes"] = ",".join(sorted(self._state.workspace.scopes))
        headers["X-Accepted-OAuth-Scopes"] = (known.scope or "") if known else ""
        return web.json_response(answer, status=status, headers=headers)

    def _call(self, method: Method | None, name: str, verb: str, token: str | None, given: Json) -> Json:
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        self._check_token(method, token)
        if method.scope is not None and method.scope not in self._state.workspace.scopes:
            provided = ",".join(sorted(self._state.workspace.scopes))
            raise SlackError("missing_scope", needed=method.scope, provided=provided)
        self._check_rate(method, given)
        if verb == "GET" and not method.reads:
            raise SlackError("invalid_arguments", messages=["[ERROR] this method must be called with POST"])
        unknown = sorted(set(given) - method.takes - _EVERYWHERE)
        if unknown:
            raise SlackError("invalid_arguments", messages=[f"[ERROR] unknown argument: {word}" for word in unknown])
        if self._failures.get(name):
            raise SlackError(self._failures[name].pop(0))
        return method.handler(self._state, Arguments(given))

    def _check_token(self, method: Method, token: str | None) -> None:
        workspace = self._state.workspace
        if not token:
            raise SlackError("not_authed")
        holder = {workspace.bot_token: "bot", workspace.app_token: "app"}.get(token)
        if holder is None:
            raise SlackError("invalid_auth")
        if holder != method.by:
            raise SlackError("not_allowed_token_type")

    def _check_rate(self, method: Method, given: Json) -> None:
        key = str(given.get(method.limited_by, "")) if method.limited_by else ""
        wait = self._state.limits.refused_for(method.name, key, method.window, time.monotonic())
        if wait is not None:
            raise RateLimitedError(wait)

    @staticmethod
    async def _read(request: web.Request, name: str) -> tuple[Json, str | None, str | None]:
        """Arguments, token and a warning. A token comes in the header, the query or a form, never in a JSON body."""
        arguments: Json = dict(request.query)
        warning = None
        token = arguments.pop("token", None)
        kind = request.content_type if "Content-Type" in request.headers else ""
        if request.method == "POST" and request.can_read_body:
            if kind in _FORMS:
                form = await request.post()
                arguments.update({field: value for field, value in form.items() if isinstance(value, str)})
                token = arguments.pop("token", token)
            elif kind == "application/json":
                known = METHODS.get(name)
                body = await _json_object(request)
                body.pop("token", None)
                if known is None or known.takes_json:
                    arguments.update(body)
                warning = None if request.charset else "missing_charset"
            else:
                raise SlackError("invalid_post_type" if kind else "missing_post_type")
        header = request.headers.get("Authorization", "")
        if header.startswith("Bearer "):
            token = header.removeprefix("Bearer ").strip()
        return arguments, token, warning


async def _json_object(request: web.Request) -> Json:
    try:
        body: Any = json.loads(await request.text())
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(body, dict):
        raise SlackError("json_not_object")
    return body
