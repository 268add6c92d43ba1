"""From Slack's payloads to a Click. All of it comes from outside: what has not the right form is out of date."""

import hashlib
import json
import re
from typing import Any

from bot.ports.slack import Click, ClickKind
from bot.slack.action_ids import (
    ACTION_FIELD,
    ASKING,
    CODE_FIELD,
    COHORTS_FIELD,
    KINDS,
    PEOPLE_FIELD,
    REASON_FIELD,
    RUN_FIELD,
    SIGNING,
)

Json = dict[str, Any]

_ID = re.compile(r"[0-9a-f]{32}")
_USER = re.compile(r"[UW][A-Z0-9]{2,30}")
_CHANNEL = re.compile(r"[CDG][A-Z0-9]{2,30}")
_TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,8}")
_KEY = re.compile(r"[0-9a-f]{64}")
_VIEW = re.compile(r"V[A-Z0-9]{2,30}")
MOST_PEOPLE = 100
MOST_NAME = 320
"""Characters of an id or a user principal name."""
MOST_CODE = 20
MOST_COHORTS = 100
MOST_REASON = 3_000
"""What Slack lets into a field; what may be asked is judged with the submission."""


def pressed(payload: Json) -> Click | None:
    """The click of a block_actions payload. None where it doesn't even name who pressed.

    Within a dialog the channel is the surge's, as private_metadata says: a hint like the rest.
    """
    action = _first(payload.get("actions"))
    container = _object(payload.get("container"))
    subject = _text(action.get("value"), _ID)
    kind = KINDS.get(str(action.get("action_id")))
    channel = _object(payload.get("channel")).get("id") or container.get("channel_id")
    view_id = _text(container.get("view_id"), _VIEW)
    if view_id:
        channel = _metadata(_object(payload.get("view")).get("private_metadata")).get("channel")
    return _click(
        payload,
        kind=kind if kind is not None and subject else ClickKind.OUT_OF_DATE,
        identity=[
            "press",
            container.get("channel_id"),
            container.get("message_ts"),
            container.get("view_id"),
            action.get("action_id"),
            action.get("action_ts"),
        ],
        channel=_text(channel, _CHANNEL),
        message_ts=_text(container.get("message_ts"), _TS),
        thread_ts=_text(container.get("thread_ts"), _TS) or _thread(payload),
        subject_id=subject,
        view_id=view_id,
    )


def chosen_action(payload: Json) -> Click | None:
    """The click of a choice in the request dialog, which then shows whom that action would act on."""
    view = _object(payload.get("view"))
    metadata = _metadata(view.get("private_metadata"))
    subject = _text(metadata.get("surge"), _ID)
    action = _first(payload.get("actions"))
    view_id = _text(view.get("id"), _VIEW)
    return _click(
        payload,
        kind=ClickKind.CHOOSE_ACTION if subject and view_id else ClickKind.OUT_OF_DATE,
        identity=["choose", view.get("id"), action.get("action_ts")],
        channel=_text(metadata.get("channel"), _CHANNEL),
        subject_id=subject,
        action=_words(_object(action.get("selected_option")).get("value"), 200),
        view_id=view_id,
    )


def submitted(payload: Json, *, kind: ClickKind | None = None) -> Click | None:
    """The click of a view_submission payload: a dialog can be submitted once, so that its id is the key.

    kind None: what its callback_id says. channel is the surge's, as private_metadata says, so that a private answer
    finds its place: a hint like the rest.
    """
    view = _object(payload.get("view"))
    metadata = _metadata(view.get("private_metadata"))
    subject = _text(metadata.get("surge"), _ID)
    kind = kind or ASKING.get(str(view.get("callback_id")), ClickKind.OUT_OF_DATE)
    cohorts = _chosen(_field(view, COHORTS_FIELD))[:MOST_COHORTS]
    return _click(
        payload,
        kind=kind if subject else ClickKind.OUT_OF_DATE,
        identity=["submit", view.get("id"), view.get("hash") if not subject else ""],
        channel=_text(metadata.get("channel"), _CHANNEL),
        subject_id=subject,
        action=_words(_object(_field(view, ACTION_FIELD).get("selected_option")).get("value"), 200),
        cohorts=tuple(_words(cohort, 200) for cohort in cohorts),
        reason=_words(_field(view, REASON_FIELD).get("value"), MOST_REASON),
        people=tuple(_words(name, MOST_NAME) for name in _chosen(_field(view, PEOPLE_FIELD))[:MOST_PEOPLE]),
        run_id=_text(_object(_field(view, RUN_FIELD).get("selected_option")).get("value"), _ID),
        code=_words(_field(view, CODE_FIELD).get("value"), MOST_CODE),
    )


def signed(payload: Json) -> Click | None:
    """The click of the submission that signs: the press that opened the dialog is named, and must be known."""
    view = _object(payload.get("view"))
    metadata = _metadata(view.get("private_metadata"))
    subject = _text(metadata.get("subject"), _ID)
    kind = SIGNING.get(str(view.get("callback_id")), ClickKind.OUT_OF_DATE)
    return _click(
        payload,
        kind=kind if subject else ClickKind.OUT_OF_DATE,
        identity=["sign", view.get("id"), view.get("hash") if not subject else ""],
        channel=_text(metadata.get("channel"), _CHANNEL),
        subject_id=subject,
        code=_words(_field(view, CODE_FIELD).get("value"), MOST_CODE),
        opened_by=_text(metadata.get("opened_by"), _KEY),
        shown=_text(metadata.get("shown"), _KEY),
    )


def out_of_date(payload: Json) -> Click | None:
    """The click of whatever is not known any more."""
    is_submission = "view" in payload and "actions" not in payload
    return submitted(payload, kind=ClickKind.OUT_OF_DATE) if is_submission else _unknown(payload)


def _unknown(payload: Json) -> Click | None:
    made = pressed(payload)
    if made is None or made.kind is ClickKind.OUT_OF_DATE:
        return made
    return _click(
        payload,
        kind=ClickKind.OUT_OF_DATE,
        identity=["unknown", payload.get("trigger_id")],
        channel=made.channel,
        message_ts=made.message_ts,
        thread_ts=made.thread_ts,
        subject_id=made.subject_id,
    )


def _click(
    payload: Json,
    *,
    kind: ClickKind,
    identity: list[object],
    message_ts: str = "",
    thread_ts: str = "",
    **told: Any,  # noqa: ANN401 - the other fields of a Click
) -> Click | None:
    user = _object(payload.get("user"))
    user_id = _text(user.get("id"), _USER)
    team_id = _words(user.get("team_id") or _object(payload.get("team")).get("id"), 40)
    if not user_id:
        return None
    named = json.dumps([team_id, user_id, *identity], default=str)
    return Click(
        key=hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest(),
        kind=kind,
        user_id=user_id,
        team_id=team_id,
        message_ts=message_ts,
        thread_ts="" if thread_ts == message_ts else thread_ts,
        trigger_id=_words(payload.get("trigger_id"), 300),
        response_url=_words(payload.get("response_url"), 1_000),
        **told,
    )


def _thread(payload: Json) -> str:
    return _text(_object(payload.get("message")).get("thread_ts"), _TS)


def _field(view: Json, name: str) -> Json:
    values = _object(_object(view.get("state")).get("values"))
    return _object(_object(values.get(name)).get(name))


def _chosen(field: Json) -> list[str]:
    """What was chosen or typed in a field, however many it takes."""
    options = field.get("selected_options")
    found = [_object(option).get("value") for option in options] if isinstance(options, list) else []
    found += [_object(field.get("selected_option")).get("value"), field.get("value")]
    return [each for each in found if isinstance(each, str) and each]


def _metadata(value: object) -> Json:
    try:
        return _object(json.loads(value)) if isinstance(value, str) else {}
    except (ValueError, RecursionError):
        return {}


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _first(value: object) -> Json:
    return _object(value[0]) if isinstance(value, list) and value else {}


def _text(value: object, form: re.Pattern[str]) -> str:
    return value if isinstance(value, str) and form.fullmatch(value) else ""


def _words(value: object, most: int) -> str:
    """A string without lone surrogates, which no database takes."""
    return value[:most].encode("utf-8", "replace").decode() if isinstance(value, str) else ""
