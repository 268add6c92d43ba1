"""Where the app puts the bytes of a file, and where it answers an interaction later."""

import json
import time

from aiohttp import web

from sim.workspace import posting
from sim.workspace.refusals import SlackError
from sim.workspace.rules import Json
from sim.workspace.state import RESPONSE_URL_SECONDS, RESPONSE_URL_USES, ResponseUrl, State


class Uploads:
    """POST to the address that files.getUploadURLExternal gave: raw bytes or a form with one file."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def handle(self, request: web.Request) -> web.Response:
        """Takes the bytes once, and only as many as were told of."""
        stored = self._state.files.get(request.match_info["file_id"])
        if stored is None or stored.content is not None:
            return web.Response(status=404, text="file_not_found")
        content = await self._content(request)
        if len(content) != stored.length:
            return web.Response(status=400, text="length_mismatch")
        stored.content = content
        return web.Response(text=f"OK - {stored.length}")

    @staticmethod
    async def _content(request: web.Request) -> bytes:
        if request.content_type == "multipart/form-data":
            for part in (await request.post()).values():
                if isinstance(part, web.FileField):
                    return part.file.read()
            return b""
        return await request.read()


class ResponseUrls:
    """POST to a response_url: five uses within thirty minutes of the interaction."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def handle(self, request: web.Request) -> web.Response:
        """docs.slack.dev/interactivity/handling-user-interaction, "Responding"."""
        known = self._state.response_urls.get(request.match_info["key"])
        if known is None or known.uses >= RESPONSE_URL_USES:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        if time.monotonic() - known.born > RESPONSE_URL_SECONDS:
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        try:
            body = json.loads(await request.text())
            known.uses += 1
            self._answer(known, body if isinstance(body, dict) else {})
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        except SlackError as refusal:
            return web.json_response({"ok": False, "error": refusal.error, **refusal.details}, status=400)
        return web.json_response({"ok": True})

    def _answer(self, known: ResponseUrl, body: Json) -> None:
        channel = self._state.workspace.channels[known.channel_id]
        private = [entry for entry in channel.ephemerals if entry[1]["ts"] == known.message_ts]
        message = channel.find(known.message_ts) if known.message_ts else None
        if body.get("delete_original"):
            for entry in private:
                channel.ephemerals.remove(entry)
            if message is not None:
                posting.delete(self._state, channel, message)
            self._state.changes.signal()
            return
        content = _content(body)
        originals = [*(entry[1] for entry in private), *([message] if message is not None else [])]
        if body.get("replace_original") and originals:
            for original in originals:
                posting.update(self._state, original, content)
            return
        thread_ts = body.get("thread_ts", known.thread_ts)
        if thread_ts:
            content["thread_ts"] = thread_ts
        if body.get("response_type", "ephemeral") == "in_channel":
            posting.post(self._state, channel, posting.from_app(self._state), content)
        else:
            posting.whisper(self._state, channel, known.person_id, content)


def _content(body: Json) -> Json:
    content: Json = {"text": posting.checked_text(str(body.get("text", "")))}
    if body.get("blocks"):
        content["blocks"] = posting.checked_blocks(body["blocks"])
    if not content["text"] and not content.get("blocks"):
        raise SlackError("no_text")
    return content
