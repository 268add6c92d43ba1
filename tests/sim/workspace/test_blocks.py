"""What Slack refuses in blocks and views is refused here, in Slack's words and with the place."""

import copy
import random

import pytest

from sim.workspace.blocks import problems_of_blocks
from sim.workspace.contoso import ADA, IDENTITY_ALERTS


def plain(text="x", **more):
    return {"type": "plain_text", "text": text, **more}


def mrkdwn(text="x", **more):
    return {"type": "mrkdwn", "text": text, **more}


def button(number=0, **more):
    return {"type": "button", "action_id": f"b{number}", "text": plain("Go"), **more}


def options(count, **more):
    return [{"text": plain(f"o{n}"), "value": f"v{n}", **more} for n in range(count)]


def section(**more):
    return {"type": "section", "text": mrkdwn(), **more}


def actions(*elements):
    return {"type": "actions", "elements": list(elements)}


def select(**more):
    return {"type": "static_select", "action_id": "s", "options": options(2), **more}


def confirm(**more):
    return {"title": plain(), "text": plain(), "confirm": plain(), "deny": plain(), **more}


def table(rows):
    return {"type": "table", "rows": rows}


def cell(text="x"):
    return {"type": "raw_text", "text": text}


def rich(*parts):
    return {"type": "rich_text", "elements": list(parts)}


LINE = {"type": "rich_text_section", "elements": [{"type": "text", "text": "x", "style": {"bold": True}}]}

RIGHT = {
    "50 blocks": [{"type": "divider"}] * 50,
    "section of 3,000": [section(text=mrkdwn("x" * 3000))],
    "10 fields of 2,000": [{"type": "section", "fields": [plain("x" * 100)] * 9 + [mrkdwn("x" * 2000)]}],
    "header of 150": [{"type": "header", "text": plain("x" * 150)}],
    "25 elements": [actions(*[button(n) for n in range(25)])],
    "100 options": [actions(select(options=options(100)))],
    "confirm": [actions(button(style="danger", confirm=confirm(title=plain("x" * 100), text=plain("x" * 300))))],
    "table": [table([[cell()] * 20] * 2)],
    "rich text": [rich(LINE, {"type": "rich_text_list", "style": "bullet", "elements": [LINE]})],
    "markdown of 12,000": [{"type": "markdown", "text": "x" * 12_000}],
    "context": [{"type": "context", "elements": [plain()] * 10}],
}

WRONG = {
    "51 blocks": ([{"type": "divider"}] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    "section of 3,001": (
        [section(text=mrkdwn("x" * 3001))],
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    "emoji cost two": ([{"type": "header", "text": plain("🔐" * 76)}], "must be less than 151 characters"),
    "empty text": ([section(text=mrkdwn(""))], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    "section of nothing": ([{"type": "section"}], "must define at least one of: text, fields"),
    "11 fields": ([{"type": "section", "fields": [plain()] * 11}], "no more than 10 items allowed"),
    "field of 2,001": ([{"type": "section", "fields": [plain("x" * 2001)]}], "/blocks/0/fields/0/text]"),
    "header of 151": ([{"type": "header", "text": plain("x" * 151)}], "must be less than 151 characters"),
    "header in mrkdwn": ([{"type": "header", "text": mrkdwn()}], "unsupported type: mrkdwn"),
    "emoji on mrkdwn": ([section(text=mrkdwn(emoji=True))], "invalid additional property: emoji"),
    "verbatim on plain_text": ([section(text=plain(verbatim=True))], "invalid additional property: verbatim"),
    "unknown field": ([section(colour="red")], "invalid additional property: colour [json-pointer:/blocks/0]"),
    "unknown block": ([{"type": "progress"}], "unsupported type: progress [json-pointer:/blocks/0/type]"),
    "button of 76": ([actions(button(text=plain("x" * 76)))], "must be less than 76 characters"),
    "button in mrkdwn": ([actions(button(text=mrkdwn()))], "unsupported type: mrkdwn"),
    "value of 2,001": ([actions(button(value="x" * 2001))], "must be less than 2001 characters"),
    "style": ([actions(button(style="warning"))], "value must be one of: primary, danger"),
    "action_id of 256": ([actions(button(action_id="x" * 256))], "must be less than 256 characters"),
    "action_id twice": ([actions(button(1)), actions(button(1))], "action_id already exists: b1"),
    "block_id twice": ([{"type": "divider", "block_id": "d"}] * 2, "block_id already exists: d"),
    "26 elements": ([actions(*[button(n) for n in range(26)])], "no more than 25 items allowed"),
    "11 in context": ([{"type": "context", "elements": [plain()] * 11}], "no more than 10 items allowed"),
    "button in context": ([{"type": "context", "elements": [button()]}], "unsupported type: button"),
    "multi-select in actions": ([actions(select(type="multi_static_select"))], "unsupported type: multi_static_select"),
    "text field in a message": (
        [{"type": "input", "label": plain(), "element": {"type": "plain_text_input", "action_id": "t"}}],
        "unsupported type: input",
    ),
    "101 options": ([actions(select(options=options(101)))], "no more than 100 items allowed"),
    "option of 76": ([actions(select(options=[{"text": plain("x" * 76), "value": "v"}]))], "less than 76 characters"),
    "option value of 151": ([actions(select(options=[{"text": plain(), "value": "v" * 151}]))], "less than 151"),
    "option value twice": ([actions(select(options=options(1) * 2))], "option value already exists: v0"),
    "initial option elsewhere": (
        [actions(select(initial_option={"text": plain("o9"), "value": "v9"}))],
        "initial option must be one of the options",
    ),
    "no options": ([actions({"type": "static_select", "action_id": "s"})], "must define one of: options"),
    "confirm title of 101": (
        [actions(button(confirm=confirm(title=plain("x" * 101))))],
        "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]",
    ),
    "confirm without deny": (
        [actions(button(confirm={"title": plain(), "text": plain(), "confirm": plain()}))],
        "missing required field: deny",
    ),
    "101 rows": ([table([[cell()]] * 101)], "no more than 100 items allowed"),
    "21 columns": ([table([[cell()] * 21])], "no more than 20 items allowed"),
    "two tables": ([table([[cell()]])] * 2, "only_one_table_allowed"),
    "table of 10,001": ([table([[cell("x" * 5000)], [cell("x" * 5001)]])], "must be less than 10001 characters in all"),
    "rich text style": (
        [rich({"type": "rich_text_section", "elements": [{"type": "text", "text": "x", "style": "b"}]})],
        "must provide an object",
    ),
    "markdown of 12,001": ([{"type": "markdown", "text": "x" * 12_001}], "must be less than 12001 characters"),
    "image without alt text": (
        [{"type": "image", "image_url": "https://x.example/a.png"}],
        "missing required field: alt_text",
    ),
    "not a list": ({"type": "divider"}, "must provide an array [json-pointer:/blocks]"),
}


@pytest.mark.parametrize("name", RIGHT)
async def test_blocks_at_the_limit_are_posted(app, name):
    answer = await app.call("chat.postMessage", channel=IDENTITY_ALERTS, text="t", blocks=RIGHT[name])
    assert answer["ok"], answer


@pytest.mark.parametrize("name", WRONG)
async def test_blocks_beyond_a_limit_are_refused_with_the_place(app, server, name):
    blocks, problem = WRONG[name]
    answer = await app.call("chat.postMessage", channel=IDENTITY_ALERTS, text="t", blocks=blocks)
    assert answer["error"] == "invalid_blocks"
    assert any(m.startswith("[ERROR] ") and problem in m for m in answer["response_metadata"]["messages"]), answer
    assert not server.messages()


async def test_a_message_whose_blocks_are_too_long_together_is_refused(app):
    blocks = [section(text=mrkdwn("x" * 2700)) for _ in range(5)]
    answer = await app.call("chat.postMessage", channel=IDENTITY_ALERTS, text="t", blocks=blocks)
    assert answer == {"ok": False, "error": "msg_blocks_too_long"}


async def test_what_the_app_left_out_is_filled_in(app, server):
    await app.call(
        "chat.postMessage",
        channel=IDENTITY_ALERTS,
        text="t",
        blocks=[section(), actions({"type": "button", "text": plain()})],
    )
    body, row = server.messages()[0]["blocks"]
    assert body["text"]["verbatim"] is False
    assert row["elements"][0]["text"]["emoji"] is True
    assert len({body["block_id"], row["block_id"], row["elements"][0]["action_id"]}) == 3


FIELD = {
    "type": "input",
    "block_id": "f",
    "label": plain("Reason"),
    "element": {"type": "plain_text_input", "action_id": "t"},
}


def modal(**more):
    return {"type": "modal", "title": plain("Title"), "submit": plain("Send"), "blocks": [FIELD], **more}


WRONG_VIEWS = {
    "title of 25": (modal(title=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
    "submit of 25": (modal(submit=plain("x" * 25)), "/view/submit/text]"),
    "close of 25": (modal(close=plain("x" * 25)), "/view/close/text]"),
    "private_metadata of 3,001": (modal(private_metadata="x" * 3001), "must be less than 3001 characters"),
    "101 blocks": (modal(blocks=[{"type": "divider"}] * 101), "no more than 100 items allowed"),
    "no title": ({"type": "modal", "blocks": [section()]}, "missing required field: title"),
    "inputs without submit": ({"type": "modal", "title": plain(), "blocks": [FIELD]}, "missing required field: submit"),
    "table in a dialog": (modal(blocks=[table([[cell()]])]), "unsupported type: table"),
    "button as input": (modal(blocks=[{**FIELD, "element": button()}]), "unsupported type: button"),
    "unknown field": (modal(colour="red"), "invalid additional property: colour"),
    "field of 3,001": (
        modal(blocks=[{**FIELD, "element": {**FIELD["element"], "initial_value": "x" * 3001}}]),
        "must be less than 3001 characters",
    ),
}


@pytest.mark.parametrize("name", WRONG_VIEWS)
async def test_views_beyond_a_limit_are_refused_with_the_place(app, server, name):
    view, problem = WRONG_VIEWS[name]
    answer = await app.call("views.open", trigger_id=server.new_trigger(ADA), view=view)
    assert answer["error"] == "invalid_arguments"
    assert any(problem in message for message in answer["response_metadata"]["messages"]), answer
    assert server.dialog(ADA) is None


async def test_a_view_at_the_limit_opens(app, server):
    view = modal(title=plain("x" * 24), private_metadata="x" * 3000, blocks=[FIELD] + [{"type": "divider"}] * 99)
    answer = await app.call("views.open", trigger_id=server.new_trigger(ADA), view=view)
    assert answer["ok"], answer
    assert server.dialog(ADA)["id"] == answer["view"]["id"]


def places(value, path=()):
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def test_rubbish_in_any_place_is_judged_and_breaks_nothing():
    rubbish = [None, 1, "", [], {}, [1], {"type": 1}, [[]], {"text": None}, {"type": ["a"]}]
    dice = random.Random(1)
    seeds = [*RIGHT.values(), [section(accessory=select(type="multi_static_select", initial_options=options(1)))]]
    refused = 0
    for _ in range(1500):
        blocks = copy.deepcopy(dice.choice(seeds))
        *above, last = dice.choice(list(places(blocks)))
        spot = blocks
        for key in above:
            spot = spot[key]
        spot[last] = copy.deepcopy(dice.choice(rubbish))
        refused += bool(problems_of_blocks(blocks))
    assert refused > 1300
