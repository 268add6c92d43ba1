"""The views that are open on each person's screen, and what has been filled in."""

import copy
import secrets
from dataclasses import dataclass, field

from sim.workspace.blocks import elements_in
from sim.workspace.refusals import SlackError
from sim.workspace.rules import Json, Value, length
from sim.workspace.shaping import shaped
from sim.workspace.world import Workspace, new_id

STACK = 3  # views on top of one another: docs.slack.dev/surfaces/modals
VIEW_BYTES = 250_000

_STATE: dict[str, tuple[str, str, list[Json] | None]] = {
    "plain_text_input": ("value", "initial_value", None),
    "number_input": ("value", "initial_value", None),
    "static_select": ("selected_option", "initial_option", None),
    "radio_buttons": ("selected_option", "initial_option", None),
    "users_select": ("selected_user", "initial_user", None),
    "multi_static_select": ("selected_options", "initial_options", []),
    "checkboxes": ("selected_options", "initial_options", []),
}


def state_field(element: Json) -> str | None:
    """The name under which `state.values` keeps what was chosen in this element; None for a button."""
    known = _STATE.get(element["type"])
    return known[0] if known else None


def state_of(blocks: list[Json], before: Json | None = None) -> Json:
    """`state.values` of blocks: what was filled in `before` where the ids are still there, or the initial values."""
    values: Json = {}
    for block in blocks:
        for element, _ in elements_in(block):
            known = _STATE.get(element["type"])
            if known is None:
                continue
            name, initial, empty = known
            place = values.setdefault(block["block_id"], {})
            kept = (before or {}).get(block["block_id"], {}).get(element["action_id"])
            if kept is not None and kept["type"] == element["type"]:
                place[element["action_id"]] = kept
            else:
                first = element.get(initial, empty)
                place[element["action_id"]] = {"type": element["type"], name: copy.deepcopy(first)}
    return values


@dataclass(slots=True)
class Dialogs:
    """Stacks of modals by person, home tabs by person, and every view by id while it is open."""

    workspace: Workspace
    stacks: dict[str, list[Json]] = field(default_factory=dict)
    homes: dict[str, Json] = field(default_factory=dict)

    def top(self, person_id: str) -> Json | None:
        """The view that a person sees, if any."""
        stack = self.stacks.get(person_id)
        return stack[-1] if stack else None

    def open(self, person_id: str, view: Json) -> Json:
        """On top of nothing: what was open is gone, as in Slack where one app has one modal at a time."""
        made = self._made(view, new_id("V"))
        made["root_view_id"] = made["id"]
        self.stacks[person_id] = [made]
        return made

    def push(self, person_id: str, view: Json) -> Json:
        """On top of what is open; not_found when nothing is, push_limit_reached on top of three."""
        stack = self.stacks.get(person_id, [])
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= STACK:
            raise SlackError("push_limit_reached")
        made = self._made(view, new_id("V"))
        made.update(root_view_id=stack[0]["id"], previous_view_id=stack[-1]["id"])
        stack.append(made)
        return made

    def find(self, *, view_id: str | None = None, external_id: str | None = None) -> Json:
        """An open view; `not_found` when nobody has it open."""
        opened = [view for stack in self.stacks.values() for view in stack]
        for view in [*opened, *self.homes.values()]:
            if (view_id is not None and view["id"] == view_id) or (external_id and view["external_id"] == external_id):
                return view
        raise SlackError("not_found")

    def replace(self, old: Json, view: Json) -> Json:
        """The view stays where it is in its stack, with a new hash; what was typed stays where ids are the same."""
        if view["type"] != old["type"]:
            raise SlackError("invalid_arguments", messages=["[ERROR] the type of a view can't change"])
        made = self._made(view, old["id"], before=old["state"]["values"], replaced=old)
        for name in ("root_view_id", "previous_view_id"):
            made[name] = old[name]
        old.clear()
        old.update(made)
        return old

    def publish(self, person_id: str, view: Json) -> Json:
        """Makes or replaces a person's home tab."""
        known = self.homes.get(person_id)
        if known is not None:
            return self.replace(known, view)
        made = self._made(view, new_id("V"))
        made["root_view_id"] = made["id"]
        self.homes[person_id] = made
        return made

    def close(self, person_id: str) -> Json | None:
        """Takes the top view away and returns it."""
        stack = self.stacks.get(person_id)
        return stack.pop() if stack else None

    def clear(self, person_id: str) -> list[Json]:
        """Takes every view off a person's screen and returns them."""
        return self.stacks.pop(person_id, [])

    def set_value(self, view: Json, block_id: str, action_id: str, value: Value) -> None:
        """Keeps what was typed or chosen in an element."""
        entry = view["state"]["values"][block_id][action_id]
        entry[_STATE[entry["type"]][0]] = value

    def _made(self, view: Json, view_id: str, *, before: Json | None = None, replaced: Json | None = None) -> Json:
        if length(str(view)) > VIEW_BYTES:
            raise SlackError("view_too_large")
        external_id = view.get("external_id", "")
        others = [v for stack in self.stacks.values() for v in stack if v is not replaced]
        if external_id and any(v["external_id"] == external_id for v in others):
            raise SlackError("duplicate_external_id")
        blocks = shaped(view["blocks"])
        texts = {name: shaped_text(view.get(name)) for name in ("title", "submit", "close")}
        return {
            "id": view_id,
            "team_id": self.workspace.team_id,
            "type": view["type"],
            "blocks": blocks,
            "private_metadata": view.get("private_metadata", ""),
            "callback_id": view.get("callback_id", ""),
            "state": {"values": state_of(blocks, before)},
            "hash": f"{int(self.workspace.clock())}.{secrets.token_hex(4)}",
            **texts,
            "clear_on_close": view.get("clear_on_close", False),
            "notify_on_close": view.get("notify_on_close", False),
            "submit_disabled": view.get("submit_disabled", False),
            "previous_view_id": None,
            "root_view_id": view_id,
            "app_id": self.workspace.app_id,
            "external_id": external_id,
            "app_installed_team_id": self.workspace.team_id,
            "bot_id": self.workspace.bot_id,
        }


def shaped_text(given: Json | None) -> Json | None:
    """A text object with its flags."""
    return None if given is None else {"emoji": True, **given}
