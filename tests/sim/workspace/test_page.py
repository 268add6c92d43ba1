"""The page shows what each person sees, in Chromium, and lets that person act."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, expect

from sim.workspace.contoso import ADA, GRACE, IDENTITY_ALERTS

pytestmark = pytest.mark.browser


def plain(text):
    return {"type": "plain_text", "text": text}


CARD = [
    {"type": "header", "text": plain("Surge S-7F3K")},
    {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Okta* 120"}, {"type": "mrkdwn", "text": "▓▓▓░░ 62 %"}]},
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "request", "style": "primary", "text": plain("Request remediation")},
            {
                "type": "button",
                "action_id": "stop",
                "style": "danger",
                "text": plain("Stop"),
                "confirm": {
                    "title": plain("Stop the run?"),
                    "text": plain("What is done stays done."),
                    "confirm": plain("Stop it"),
                    "deny": plain("Go on"),
                },
            },
        ],
    },
]
FORM = {
    "type": "modal",
    "title": plain("Request"),
    "submit": plain("Ask"),
    "close": plain("Cancel"),
    "blocks": [
        {
            "type": "input",
            "block_id": "cohorts",
            "label": plain("Cohorts"),
            "element": {
                "type": "multi_static_select",
                "action_id": "chosen",
                "options": [{"text": plain(name), "value": name} for name in ("hybrid", "AD FS")],
            },
        },
        {
            "type": "input",
            "block_id": "action",
            "label": plain("Action"),
            "element": {
                "type": "static_select",
                "action_id": "chosen",
                "options": [{"text": plain("Confirm safe"), "value": "safe"}],
            },
        },
        {
            "type": "input",
            "block_id": "reason",
            "label": plain("Reason"),
            "element": {"type": "plain_text_input", "action_id": "text", "multiline": True},
        },
    ],
}


@asynccontextmanager
async def shown(browser: Browser, server, person="", **options):
    """The page, and at the end the certainty that neither the policy nor a script complained."""
    context = await browser.new_context(**options)
    page = await context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"{server.page_url}#{person}")
    yield page
    assert complaints == []
    await context.close()


@asynccontextmanager
async def answering(app, answers):
    """An app that acknowledges everything, with the next of these answers for a submission; None answers nothing."""
    socket = await app.connect()
    got = []

    async def run():
        while True:
            envelope = await socket.receive_json()
            got.append(envelope["payload"])
            answer = answers.pop(0) if envelope["payload"]["type"] == "view_submission" and answers else {}
            await socket.send_json({"envelope_id": envelope["envelope_id"], "payload": answer})

    task = asyncio.create_task(run())
    yield got
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def post(app, **message):
    answer = await app.call("chat.postMessage", channel=IDENTITY_ALERTS, **message)
    assert answer["ok"], answer
    return answer["ts"]


async def test_a_card_is_read_pressed_and_updated_in_place(app, server, browser):
    ts = await post(app, text="Surge", blocks=CARD)
    async with answering(app, []) as got, shown(browser, server) as page:
        await expect(page).to_have_title("Contoso Slack (invented)")
        card = page.get_by_role("log", name="Messages in #identity-alerts").get_by_role("article")
        await expect(card).to_contain_text("Okta 120")
        await expect(card.get_by_role("heading", name="Surge S-7F3K")).to_be_visible()
        await card.get_by_role("button", name="Request remediation").click()
        await server.wait_for(lambda: len(got) == 1)
        await card.get_by_role("button", name="Stop").click()
        question = page.get_by_role("alertdialog", name="Stop the run?")
        await question.get_by_role("button", name="Go on").click()
        await card.get_by_role("button", name="Stop").click()
        await question.get_by_role("button", name="Stop it").click()
        await server.wait_for(lambda: len(got) == 2)
        assert [(p["user"]["id"], p["actions"][0]["action_id"]) for p in got] == [(ADA, "request"), (ADA, "stop")]
        await app.call("chat.update", channel=IDENTITY_ALERTS, ts=ts, text="All done")
        await expect(card).to_contain_text("All done")
        await expect(card.get_by_role("button", name="Stop")).to_have_count(0)


async def test_a_click_that_nobody_acknowledges_is_shown_as_failed(app, server, browser):
    await post(app, text="Surge", blocks=CARD)
    socket = await app.connect()
    async with shown(browser, server) as page:
        button = page.get_by_role("button", name="Request remediation")
        await button.click()
        await expect(button).to_have_attribute("aria-busy", "true")
        await socket.receive_json()
        await expect(page.get_by_role("alert")).to_contain_text("not responding")
        await expect(button).to_be_enabled()


async def test_a_private_answer_is_seen_by_one_person_only(app, server, browser):
    ts = await post(app, text="Surge", blocks=CARD)
    await post(app, text="The request", thread_ts=ts)
    async with shown(browser, server, "grace") as page:
        await expect(page.get_by_role("radio", name="Grace Approver")).to_be_checked()
        await expect(page.get_by_role("complementary", name="Thread").get_by_role("article")).to_have_count(1)
        await app.call(
            "chat.postEphemeral", channel=IDENTITY_ALERTS, user=GRACE, thread_ts=ts, text="You are not on the list."
        )
        private = page.get_by_role("article", name="Only visible to you")
        await expect(private).to_contain_text("You are not on the list.")
        await expect(page.get_by_role("status")).to_contain_text("You are not on the list.")
        await page.get_by_role("radio", name="Mallory Visitor").check()
        await expect(page.get_by_role("radio", name="Mallory Visitor")).to_be_checked()
        await expect(page.get_by_role("article").first).to_contain_text("Surge S-7F3K")
        await expect(private).to_have_count(0)
        await page.get_by_role("radio", name="Grace Approver").check()
        await private.get_by_role("button", name="Dismiss").click()
        await expect(private).to_have_count(0)
    assert server.ephemerals(GRACE) == []


async def test_a_dialog_is_filled_refused_and_sent_on_a_phone(app, server, browser):
    refused = {"response_action": "errors", "errors": {"reason": "Say why."}}
    async with (
        answering(app, [refused]) as got,
        shown(browser, server, viewport={"width": 390, "height": 844}) as page,
    ):
        await expect(page.get_by_role("log")).to_be_visible()
        await app.call("views.open", trigger_id=server.new_trigger(ADA), view=FORM)
        dialog = page.get_by_role("dialog", name="Request")
        await dialog.get_by_role("button", name="Ask").click()
        await expect(dialog.get_by_role("alert")).to_have_count(3)  # nothing is filled in: Slack's client says so
        assert got == []
        await dialog.get_by_role("group", name="Cohorts").get_by_label("AD FS").check()
        await dialog.get_by_label("Action").select_option("Confirm safe")
        await dialog.get_by_label("Reason").fill("false alarm")
        await dialog.get_by_role("button", name="Ask").click()
        await expect(dialog.get_by_role("alert")).to_have_text("Say why.")
        await expect(dialog.get_by_label("Reason")).to_have_value("false alarm")
        for _ in range(12):
            await page.keyboard.press("Tab")
            assert await page.evaluate("document.activeElement.closest('dialog') !== null")
        await dialog.get_by_role("button", name="Ask").click()
        await expect(dialog).to_have_count(0)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    values = got[-1]["view"]["state"]["values"]
    assert [option["value"] for option in values["cohorts"]["chosen"]["selected_options"]] == ["AD FS"]
    assert values["action"]["chosen"]["selected_option"]["value"] == "safe"
    assert values["reason"]["text"]["value"] == "false alarm"


async def test_what_the_untrusted_write_stays_text_and_what_slack_would_format_shows(app, server, browser):
    evil = "<img src=x onerror=alert(1)> &lt;!channel&gt; <javascript:alert(1)|click> <!channel> *bold* </script>"
    await post(app, text=evil, blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": evil}}])
    await post(app, text="t", blocks=[{"type": "section", "text": plain(evil)}])
    async with shown(browser, server) as page:
        formatted, untouched = (page.get_by_role("article").nth(n).locator(".blocks") for n in (0, 1))
        await expect(untouched).to_have_text(evil.replace("&lt;", "<").replace("&gt;", ">"))
        await expect(formatted.locator("strong")).to_have_text("bold")
        await expect(formatted.locator(".loud")).to_have_text(
            ["img src=x onerror=alert(1)", "click", "@channel", "/script"]
        )
        assert await page.locator(".blocks img, .blocks script, .blocks a[href^=javascript]").count() == 0


async def test_every_kind_of_block_is_drawn(app, server, browser):
    cells = [[{"type": "raw_text", "text": "Outcome"}, {"type": "raw_text", "text": "Users"}]]
    rich = {"type": "rich_text_section", "elements": [{"type": "text", "text": "<b>loud</b>", "style": {"bold": True}}]}
    await post(
        app,
        text="t",
        blocks=[
            {"type": "markdown", "text": "## Title\n- **one**"},
            {
                "type": "rich_text",
                "elements": [rich, {"type": "rich_text_list", "style": "bullet", "elements": [rich]}],
            },
            {"type": "table", "rows": cells * 2},
            {
                "type": "context",
                "elements": [{"type": "mrkdwn", "text": "<!date^0^{date_num}|1970> :lock: <@U0ADA000001>"}],
            },
            {"type": "image", "image_url": "https://x.example/a.png", "alt_text": "A chart"},
        ],
    )
    async with shown(browser, server, timezone_id="UTC") as page:
        message = page.get_by_role("article")
        await expect(message.get_by_role("heading", name="Title")).to_be_visible()
        await expect(message.locator("strong").get_by_text("<b>loud</b>")).to_have_count(2)
        await expect(message.get_by_role("columnheader", name="Users")).to_be_visible()
        await expect(message.locator(".context")).to_have_text("1970-01-01 🔒 @Ada Admin")
        await expect(message.get_by_role("img", name="A chart")).to_be_visible()


async def test_direct_messages_home_and_commands_have_their_place(app, server, browser):
    async with answering(app, []) as got, shown(browser, server) as page:
        await app.call("chat.postMessage", channel=ADA, text="Please sign")
        place = page.get_by_role("button", name="Countersign")
        await expect(place).to_contain_text("1")
        await place.click()
        await expect(page.get_by_role("article")).to_contain_text("Please sign")
        await page.get_by_role("textbox").fill("/countersign status")
        await page.keyboard.press("Enter")
        await server.wait_for(lambda: any(payload.get("command") for payload in got))
        home = {"type": "home", "blocks": [{"type": "header", "text": plain("Surges")}]}
        await app.call("views.publish", user_id=ADA, view=home)
        await page.get_by_role("button", name="App home").click()
        await expect(page.get_by_role("heading", name="Surges")).to_be_visible()
