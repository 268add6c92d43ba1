"""views.*"""

from sim.workspace.blocks import problems_of_view
from sim.workspace.limits import TIER_4
from sim.workspace.methods.method import Arguments, method
from sim.workspace.refusals import SlackError
from sim.workspace.rules import Json
from sim.workspace.state import State


def checked_view(view: object, kind: str) -> Json:
    """The view, or invalid_arguments with Slack's list of what is wrong."""
    if view is None:
        raise SlackError("invalid_arguments", messages=["[ERROR] missing required field: view"])
    problems = problems_of_view(view)
    if problems:
        raise SlackError("invalid_arguments", messages=problems)
    if not isinstance(view, dict) or view["type"] != kind:
        raise SlackError("invalid_arguments", messages=[f"[ERROR] must be a {kind} [json-pointer:/view/type]"])
    return view


@method("views.open", "trigger_id view interactivity_pointer", TIER_4)
def views_open(state: State, arguments: Arguments) -> Json:
    """expired_trigger_id after three seconds, exchanged_trigger_id the second time."""
    person_id = state.spend_trigger(arguments.text("trigger_id"))
    view = state.dialogs.open(person_id, checked_view(arguments.value("view"), "modal"))
    state.changes.signal()
    return {"view": view}


@method("views.push", "trigger_id view interactivity_pointer", TIER_4)
def views_push(state: State, arguments: Arguments) -> Json:
    """As views.open, on top of the view where the click was."""
    person_id = state.spend_trigger(arguments.text("trigger_id"))
    view = state.dialogs.push(person_id, checked_view(arguments.value("view"), "modal"))
    state.changes.signal()
    return {"view": view}


@method("views.update", "view_id external_id hash view", TIER_4)
def views_update(state: State, arguments: Arguments) -> Json:
    """not_found once the view is closed, hash_conflict when it has changed since."""
    if ("view_id" in arguments) == ("external_id" in arguments):
        raise SlackError("invalid_arguments", messages=["[ERROR] either view_id or external_id is required"])
    given = checked_view(arguments.value("view"), "modal")
    if "view_id" in arguments:
        view = state.dialogs.find(view_id=arguments.text("view_id"))
    else:
        view = state.dialogs.find(external_id=arguments.text("external_id"))
    if "hash" in arguments and arguments.text("hash") != view["hash"]:
        raise SlackError("hash_conflict")
    state.dialogs.replace(view, given)
    state.changes.signal()
    return {"view": view}


@method("views.publish", "user_id view hash", TIER_4)
def views_publish(state: State, arguments: Arguments) -> Json:
    """Sets a person's home tab; hash_conflict when it has changed since."""
    person_id = arguments.text("user_id")
    if person_id not in state.workspace.people:
        raise SlackError("user_not_found")
    given = checked_view(arguments.value("view"), "home")
    known = state.dialogs.homes.get(person_id)
    if "hash" in arguments and known is not None and arguments.text("hash") != known["hash"]:
        raise SlackError("hash_conflict")
    view = state.dialogs.publish(person_id, given)
    state.changes.signal()
    return {"view": view}
