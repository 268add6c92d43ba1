"""The rules for composition objects and block elements, from docs.slack.dev/reference/block-kit.

Elements that the page of this workspace can't draw are refused as unsupported: stricter than Slack, never kinder.
"""

from typing import Any

from sim.workspace.rules import Findings, Json, Rule, Value, array, exactly_one, flag, kinds, record, text, whole

IDENTIFIER = text(most=255)
LINK = text(most=3000)


def plain_text(most: int, *, least: int = 1) -> Rule:
    """A text object that is never formatted."""
    return kinds({"plain_text": record({"text": text(least=least, most=most)}, {"emoji": flag()})})


def any_text(most: int) -> Rule:
    """A text object, formatted or not. `emoji` belongs to plain_text, `verbatim` to mrkdwn."""
    return kinds(
        {
            "plain_text": record({"text": text(most=most)}, {"emoji": flag()}),
            "mrkdwn": record({"text": text(most=most)}, {"verbatim": flag()}),
        }
    )


STYLE = text(choices=("primary", "danger"))
CONFIRM = record(
    {"title": plain_text(100), "text": plain_text(300), "confirm": plain_text(30), "deny": plain_text(30)},
    {"style": STYLE},
)


def _option(label: Rule, *, link: bool = False) -> Rule:
    optional: dict[str, Rule] = {"description": plain_text(75)}
    if link:
        optional["url"] = LINK
    return record({"text": label, "value": text(most=150)}, optional)


OPTION = _option(plain_text(75))
MARKED_OPTION = _option(any_text(75))
OPTION_GROUP = record({"label": plain_text(75), "options": array(OPTION, most=100)})


def options_of(element: Json) -> list[Json]:
    """Every option of a select, checkboxes, radio buttons or overflow, those in groups too."""
    groups: list[Json] = element.get("option_groups") or []
    grouped = [option for group in groups for option in group.get("options", [])]
    return [*(element.get("options") or []), *grouped]


def _options_fit(element: Json, pointer: str, findings: Findings) -> None:
    """No value twice; what is selected at first must be among the options, word for word."""
    options = [option for option in options_of(element) if isinstance(option, dict)]
    values = [option.get("value") for option in options]
    for index, value in enumerate(values):
        if value in values[:index]:
            findings.add(f"option value already exists: {value}", f"{pointer}/options/{index}/value")
    chosen: list[tuple[Any, str]] = []
    if "initial_option" in element:
        chosen.append((element["initial_option"], f"{pointer}/initial_option"))
    if isinstance(element.get("initial_options"), list):
        chosen += [(option, f"{pointer}/initial_options/{i}") for i, option in enumerate(element["initial_options"])]
    for option, place in chosen:
        if not any(_same_option(option, known) for known in options):
            findings.add("initial option must be one of the options", place)


def _same_option(one: Value, other: Value) -> bool:
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return False
    texts = [option.get("text") for option in (one, other)]
    words = [item.get("text") if isinstance(item, dict) else None for item in texts]
    return one.get("value") == other.get("value") and words[0] == words[1]


def _text_bounds_fit(element: Json, pointer: str, findings: Findings) -> None:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if isinstance(least, int) and isinstance(most, int) and least > most:
        findings.add("min_length must be less than max_length", pointer)


_SELECT: dict[str, Rule] = {
    "placeholder": plain_text(150),
    "action_id": IDENTIFIER,
    "confirm": CONFIRM,
    "focus_on_load": flag(),
    "options": array(OPTION, most=100),
    "option_groups": array(OPTION_GROUP, most=100),
}
_CHOICE: dict[str, Rule] = {"action_id": IDENTIFIER, "confirm": CONFIRM, "focus_on_load": flag()}
_TYPED: dict[str, Rule] = {
    "action_id": IDENTIFIER,
    "placeholder": plain_text(150),
    "focus_on_load": flag(),
    "dispatch_action_config": record(
        {"trigger_actions_on": array(text(choices=("on_enter_pressed", "on_character_entered")), most=2)}
    ),
}
_IMAGE_SOURCE: dict[str, Rule] = {"image_url": LINK, "slack_file": record({}, {"id": text(), "url": LINK})}

BUTTON = record(
    {"text": plain_text(75)},
    {
        "action_id": IDENTIFIER,
        "url": LINK,
        "value": text(most=2000),
        "style": STYLE,
        "confirm": CONFIRM,
        "accessibility_label": text(most=75),
    },
)
IMAGE = record({"alt_text": text(most=2000)}, _IMAGE_SOURCE, also=(exactly_one("image_url", "slack_file"),))
STATIC_SELECT = record(
    {}, {**_SELECT, "initial_option": OPTION}, also=(exactly_one("options", "option_groups"), _options_fit)
)
MULTI_STATIC_SELECT = record(
    {},
    {**_SELECT, "initial_options": array(OPTION, most=100), "max_selected_items": whole(least=1)},
    also=(exactly_one("options", "option_groups"), _options_fit),
)
USERS_SELECT = record({}, {**_CHOICE, "placeholder": plain_text(150), "initial_user": text()})
CHECKBOXES = record(
    {"options": array(MARKED_OPTION, most=10)},
    {**_CHOICE, "initial_options": array(MARKED_OPTION, most=10)},
    also=(_options_fit,),
)
RADIO_BUTTONS = record(
    {"options": array(MARKED_OPTION, most=10)}, {**_CHOICE, "initial_option": MARKED_OPTION}, also=(_options_fit,)
)
OVERFLOW = record(
    {"options": array(_option(plain_text(75), link=True), most=5)},
    {"action_id": IDENTIFIER, "confirm": CONFIRM},
    also=(_options_fit,),
)
PLAIN_TEXT_INPUT = record(
    {},
    {
        **_TYPED,
        "initial_value": text(least=0, most=3000),
        "multiline": flag(),
        "min_length": whole(least=0, most=3000),
        "max_length": whole(least=1, most=3000),
    },
    also=(_text_bounds_fit,),
)
NUMBER_INPUT = record(
    {"is_decimal_allowed": flag()}, {**_TYPED, "initial_value": text(), "min_value": text(), "max_value": text()}
)

IN_SECTION = kinds(
    {
        "button": BUTTON,
        "image": IMAGE,
        "static_select": STATIC_SELECT,
        "multi_static_select": MULTI_STATIC_SELECT,
        "users_select": USERS_SELECT,
        "checkboxes": CHECKBOXES,
        "radio_buttons": RADIO_BUTTONS,
        "overflow": OVERFLOW,
    }
)
IN_ACTIONS = kinds(
    {
        "button": BUTTON,
        "static_select": STATIC_SELECT,
        "users_select": USERS_SELECT,
        "checkboxes": CHECKBOXES,
        "radio_buttons": RADIO_BUTTONS,
        "overflow": OVERFLOW,
    }
)
IN_INPUT = kinds(
    {
        "plain_text_input": PLAIN_TEXT_INPUT,
        "number_input": NUMBER_INPUT,
        "static_select": STATIC_SELECT,
        "multi_static_select": MULTI_STATIC_SELECT,
        "users_select": USERS_SELECT,
        "checkboxes": CHECKBOXES,
        "radio_buttons": RADIO_BUTTONS,
    }
)
IN_CONTEXT = kinds(
    {
        "image": IMAGE,
        "plain_text": record({"text": text(most=3000)}, {"emoji": flag()}),
        "mrkdwn": record({"text": text(most=3000)}, {"verbatim": flag()}),
    }
)
IMAGE_SOURCE = _IMAGE_SOURCE
