"""A message reads as a person reads it."""

from sim.workspace import buttons, contoso, plain
from sim.workspace.contoso import ADA


def message(*blocks):
    return {"type": "message", "text": "for notifications", "blocks": list(blocks)}


def test_marks_links_and_dates_read_as_words():
    text = (
        f"*Open* since <!date^0^{{time}}|04:00> for <@{ADA}> &amp; <https://x.example|the _record_> "
        "<!channel> snake_case"
    )
    shown = message({"type": "section", "text": {"type": "mrkdwn", "text": text}})
    people = contoso().people
    assert plain(shown, people) == "Open since 04:00 for @Ada Admin & the record @channel snake_case"


def test_plain_text_keeps_its_marks():
    shown = message({"type": "header", "text": {"type": "plain_text", "text": "*not bold* &lt;!channel&gt;"}})
    assert plain(shown) == "*not bold* <!channel>"


def test_fields_tables_and_buttons_are_read_in_order():
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Approve"}}
    shown = message(
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Okta* 120"}]},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}, {"type": "raw_text", "text": "b"}]]},
        {"type": "actions", "elements": [button]},
    )
    assert plain(shown) == "Okta 120\na | b\n[Approve]"
    assert buttons(shown) == ["Approve"]


def test_a_message_without_blocks_reads_as_its_text():
    assert plain({"type": "message", "text": "`hello`"}) == "hello"
