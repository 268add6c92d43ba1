"""Fills the inputs of a dialog as a person does, and checks them as Slack's own client does before it sends them."""

from collections.abc import Iterator, Sequence
from typing import Any

from sim.workspace.dialogs import state_field
from sim.workspace.elements import options_of
from sim.workspace.reading import read_mrkdwn
from sim.workspace.rules import Json, length
from sim.workspace.world import Workspace

Filled = str | Sequence[str]

REQUIRED = "Please complete this required field."


def inputs_of(view: Json) -> Iterator[tuple[str, Json, Json]]:
    """Label, block and element of every input block, in order."""
    for block in view["blocks"]:
        if block["type"] == "input":
            yield block["label"]["text"], block, block["element"]


def find_input(view: Json, label: str) -> tuple[Json, Json]:
    """The input with this label, or the first whose label begins so; LookupError with what there is."""
    known = list(inputs_of(view))
    for fits in (str.__eq__, str.startswith):
        for name, block, element in known:
            if fits(name, label):
                return block, element
    raise LookupError(f"no input {label!r} among {[name for name, _, _ in known]}")


def value_for(workspace: Workspace, element: Json, filled: Filled) -> Any:  # noqa: ANN401 (a string, an option or some)
    """What `state.values` holds once this has been typed or chosen; options are named by text or by value."""
    kind = element["type"]
    if kind in {"plain_text_input", "number_input"}:
        return "".join(filled) or None
    if kind in {"multi_static_select", "checkboxes"}:
        return [option_named(element, name) for name in ([filled] if isinstance(filled, str) else filled)]
    filled = "".join(filled)
    if not filled:
        return None
    if kind == "users_select":
        for person in workspace.people.values():
            if filled in {person.id, person.real_name, person.name}:
                return person.id
        raise LookupError(f"nobody is called {filled!r}")
    return option_named(element, filled)


def option_named(element: Json, name: str) -> Json:
    """An option by its text, by its value, or by how its text begins."""
    options = options_of(element)
    for option in options:
        if name in {option["value"], option["text"]["text"], read_mrkdwn(option["text"]["text"])}:
            return option
    for option in options:
        if read_mrkdwn(option["text"]["text"]).startswith(name):
            return option
    raise LookupError(f"no option {name!r} among {[option['text']['text'] for option in options]}")


def faults(view: Json) -> dict[str, str]:
    """What the client would say below the inputs, by block_id, before anything is sent."""
    found: dict[str, str] = {}
    for _, block, element in inputs_of(view):
        entry = view["state"]["values"][block["block_id"]][element["action_id"]]
        value = entry[state_field(element) or "value"]
        if not value:
            if not block.get("optional"):
                found[block["block_id"]] = REQUIRED
        elif element["type"] == "plain_text_input":
            least, most = element.get("min_length", 0), element.get("max_length", 3000)
            if length(value) < least:
                found[block["block_id"]] = f"Please enter at least {least} characters."
            elif length(value) > most:
                found[block["block_id"]] = f"Please enter at most {most} characters."
        elif element["type"] == "multi_static_select" and len(value) > element.get("max_selected_items", 100):
            found[block["block_id"]] = f"Please choose at most {element['max_selected_items']}."
        elif element["type"] == "number_input" and not _is_number(value, decimal=element["is_decimal_allowed"]):
            found[block["block_id"]] = "Please enter a number."
    return found


def _is_number(value: str, *, decimal: bool) -> bool:
    try:
        float(value) if decimal else int(value)
    except ValueError:
        return False
    return True
