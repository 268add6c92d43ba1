"""files.getUploadURLExternal and files.completeUploadExternal; the upload between them is in uploads.py."""

from sim.workspace import posting
from sim.workspace.limits import TIER_4
from sim.workspace.methods.conversations import readable_channel
from sim.workspace.methods.method import Arguments, method
from sim.workspace.refusals import SlackError
from sim.workspace.rules import Json
from sim.workspace.state import State, StoredFile
from sim.workspace.world import new_id

FILE_BYTES = 1_000_000_000
ALT_TEXT = 1000


@method(
    "files.getUploadURLExternal", "filename length alt_txt snippet_type", TIER_4, scope="files:write", takes_json=False
)
def get_upload_url_external(state: State, arguments: Arguments) -> Json:
    """Where to put a file of this length."""
    name, size = arguments.text("filename"), arguments.whole("length", 0)
    alt_text = arguments.text("alt_txt", "")
    if size < 1:
        raise SlackError("missing_argument")
    if size > FILE_BYTES:
        raise SlackError("file_upload_size_restricted")
    if len(alt_text) > ALT_TEXT:
        raise SlackError("alt_txt_too_large")
    stored = StoredFile(new_id("F"), name, size, alt_text)
    state.files[stored.id] = stored
    return {"upload_url": f"{state.url}/upload/v1/{stored.id}", "file_id": stored.id}


@method(
    "files.completeUploadExternal",
    "files channel_id channels thread_ts initial_comment blocks",
    TIER_4,
    scope="files:write",
)
def complete_upload_external(state: State, arguments: Arguments) -> Json:
    """Shares uploaded files in a channel or thread; file_not_found when the bytes never came."""
    given = arguments.value("files")
    if (
        not isinstance(given, list)
        or not given
        or not all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in given)
    ):
        raise SlackError("invalid_arguments", messages=["[ERROR] must provide an array [json-pointer:/files]"])
    shapes = []
    for item in given:
        stored = state.files.get(item["id"])
        if stored is None or stored.content is None or stored.completed:
            raise SlackError("file_not_found")
        shapes.append(_shape(state, stored, item.get("title")))
    channel_id = arguments.text("channel_id", "")
    if channel_id:
        channel = readable_channel(state, channel_id, member=True)
        content: Json = {"text": arguments.text("initial_comment", ""), "files": shapes}
        if "thread_ts" in arguments:
            content["thread_ts"] = arguments.text("thread_ts")
        posting.post(state, channel, posting.from_app(state), content)
    for item in given:
        state.files[item["id"]].completed = True
    return {"files": shapes}


def _shape(state: State, stored: StoredFile, title: str | None) -> Json:
    kind = stored.name.rsplit(".", 1)[-1].lower() if "." in stored.name else "binary"
    return {
        "id": stored.id,
        "name": stored.name,
        "title": title or stored.name,
        "filetype": kind,
        "size": stored.length,
        "alt_txt": stored.alt_text,
        "user": state.workspace.bot_user_id,
        "mode": "hosted",
        "url_private": f"{state.url}/page/files/{stored.id}",
    }
