"""The demo, played by hands on its page against the real bot."""

import os
import re
from collections import Counter
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import expect

from sim.stage import Pace, Stage
from sim.tenant.names import NASTY
from tests.browser.screen import PATIENCE, Screen, beside, looking

pytestmark = pytest.mark.browser

REASON = "Leaked-credential alerts all over the tenant at once; no spray, no new countries, passwordless users too."
PICTURE = Path(__file__).parents[2] / "docs" / "demo.png"
TAKE_PICTURE = os.environ.get("COUNTERSIGN_TAKE_PICTURE") == "1"
LEFT_AT_RISK = frozenset({"suspicious", "disabled", "deleted", "privileged"})
"""Held back, and at risk in this tenant: guests are so at home, and of the others somebody closed the risk."""
STARTERS = re.compile("Request remediation|Acknowledge|Snooze|Approve|Reject|Withdraw|Pause|Resume|Stop")


def left_at_risk(stage: Stage) -> int:
    return sum(why in LEFT_AT_RISK for why in stage.tenant.truth.held_back.values())


async def read_card(screen: Screen, stage: Stage) -> None:
    """Every figure of the truth stands beside its word."""
    truth = stage.tenant.truth
    figures = {word: number for word, number in truth.kinds.items() if word != "federated"} | truth.providers
    figures |= {"flagged": len(truth.surge_user_ids), "passwordless": truth.passwordless}
    figures["still at risk"] = len(truth.eligible_user_ids) + left_at_risk(stage)
    for word, number in figures.items():
        await screen.figure_is(word, number)


async def people_behind(screen: Screen, word: str, number: int) -> list[str]:
    """The lines below a figure in the open dialog."""
    titled = screen.window.locator(".rich").filter(has_text=re.compile(rf"^{re.escape(word)} {number}"))
    return await titled.get_by_role("listitem").all_inner_texts()


async def read_details(screen: Screen, stage: Stage) -> None:
    """Who stands behind each figure: the very people of the truth."""
    truth = stage.tenant.truth
    await screen.card.get_by_role("button", name="Details").click()
    await expect(screen.window).to_contain_text("cloud-only", timeout=PATIENCE)
    expected = {
        "Ping": {user_id for user_id, provider in truth.provider_of.items() if provider == "Ping"},
        "guest": {user_id for user_id, kind in truth.kind_of.items() if kind == "guest"},
        "another open detection": {user_id for user_id, why in truth.held_back.items() if why == "suspicious"},
    }
    for word, user_ids in expected.items():
        lines = await people_behind(screen, word, len(user_ids))
        users = [stage.tenant.user_named(user_id) for user_id in user_ids]
        assert len(lines) == len(users)
        assert all(any(user.user_principal_name in line for line in lines) for user in users), (word, lines)
    assert len(await people_behind(screen, "cloud-only", truth.kinds["cloud-only"])) > 3
    await screen.page.keyboard.press("Escape")
    await expect(screen.window).to_have_count(0)


async def open_dialog(screen: Screen) -> None:
    await screen.card.get_by_role("button", name="Request remediation").click()
    await expect(screen.window.get_by_label("Action")).to_be_visible(timeout=PATIENCE)


async def ask(screen: Screen, stage: Stage) -> None:
    """The dialog says what can be done to whom, who is held back and why, and wants a reason."""
    truth = stage.tenant.truth
    await open_dialog(screen)
    window = screen.window
    await expect(window.get_by_label("Action").locator("option:checked")).to_have_text("Confirm safe")
    await expect(window.get_by_label("Action")).to_contain_text("Dismiss risk")
    cohorts = window.get_by_role("group", name="Cohorts")
    eligible = Counter(truth.provider_of.get(user_id, truth.kind_of[user_id]) for user_id in truth.eligible_user_ids)
    for word, number in eligible.items():
        await expect(cohorts.get_by_role("checkbox", name=f"{word}, {number} user")).to_be_checked()
    await expect(window).to_contain_text(re.compile(r"Held back: \d+ users"))
    for why in ("another open detection", "never cleared in bulk", "external guest", "disabled", "deleted"):
        await expect(window.get_by_text(re.compile(rf"^\d+: .*{why}"))).to_be_visible()
    await window.get_by_role("button", name="Ask").click()
    await expect(window.get_by_role("alert")).to_be_visible()
    await expect(window.get_by_label("Reason")).to_be_focused()
    await window.get_by_label("Reason").fill(REASON)
    await window.get_by_role("button", name="Ask").click()
    await expect(window).to_have_count(0)


async def refused(screen: Screen, words: str) -> None:
    """A private answer says why."""
    await expect(screen.private.last).to_contain_text(words, timeout=PATIENCE)


async def test_the_story_can_be_read_asked_for_refused_signed_and_seen_to_its_end(small, browser):
    truth = small.tenant.truth
    eligible = f"{len(truth.eligible_user_ids)} users"
    async with small as stage, looking(browser, stage) as screen:
        await read_card(screen, stage)
        await read_details(screen, stage)

        await screen.become("Mallory Visitor")
        await screen.card.get_by_role("button", name="Request remediation").click()
        await refused(screen, "not on the list of people who may ask")
        await expect(screen.window).to_have_count(0)

        await screen.become("Ada Admin")
        await expect(screen.private).to_have_count(0)
        await ask(screen, stage)
        request = screen.reply(f"Confirm safe for {eligible}: pending")
        await expect(request).to_contain_text("@Ada Admin", timeout=PATIENCE)
        await expect(request).to_contain_text(REASON)
        await expect(request).to_contain_text("1 more signature is missing")
        await expect(screen.card.get_by_role("button", name="Request remediation")).to_have_count(0)
        await screen.sign()
        await refused(screen, "can't sign your own request")

        await screen.become("Mallory Visitor")
        await expect(screen.private).to_have_count(1)  # her own from before, and not Ada's
        await screen.sign()
        await refused(screen, "not on the list of people who may sign")
        await expect(request).to_be_visible()

        await screen.become("Grace Approver")
        await expect(screen.private).to_have_count(0)
        await screen.sign()
        await expect(screen.reply("approved")).to_contain_text("Approved by @Grace Approver", timeout=PATIENCE)
        await expect(screen.reply("running")).to_contain_text("%", timeout=PATIENCE)
        done = screen.reply(f"Confirm safe for {eligible}: done")
        await expect(done).to_contain_text("100 %", timeout=PATIENCE)
        await expect(done).to_contain_text(beside("verified", len(truth.eligible_user_ids)), use_inner_text=True)
        await expect(screen.card).to_contain_text("Asked by @Ada Admin, signed by @Grace Approver", timeout=PATIENCE)
        await expect(screen.card.get_by_role("button", name=STARTERS)).to_have_count(0, timeout=PATIENCE)
        await expect(screen.card.get_by_role("button", name="Details")).to_be_visible()
        await expect(screen.thread.get_by_role("button", name=STARTERS)).to_have_count(0)
        await screen.figure_is("still at risk", left_at_risk(stage))
        assert {stage.tenant.state_of(user_id) for user_id in truth.eligible_user_ids} == {"confirmedSafe"}
        touched = {user_id for write in stage.tenant.writes for user_id in write.user_ids}
        assert touched == truth.eligible_user_ids


async def tab_to(screen: Screen, target, key: str = "Tab") -> None:
    """Presses Tab (or Shift+Tab) until the target has the focus, as somebody without a mouse does."""
    for _ in range(80):
        if await target.count() == 1 and await target.evaluate("node => node === document.activeElement"):
            return
        await screen.page.keyboard.press(key)
    raise AssertionError(f"{target} can't be reached with {key}")


async def test_the_keyboard_alone_leads_from_the_card_to_a_signed_request(small, browser):
    truth = small.tenant.truth
    asked_for = len(truth.eligible_user_ids & {who for who in truth.kind_of if truth.provider_of.get(who) != "Ping"})
    async with small as stage, looking(browser, stage) as screen:
        press, window = screen.page.keyboard.press, screen.window
        await read_card(screen, stage)
        await tab_to(screen, screen.card.get_by_role("button", name="Details"))
        await press("Enter")
        await expect(window).to_contain_text("cloud-only", timeout=PATIENCE)
        last_line = window.get_by_role("listitem").last
        await expect(last_line).not_to_be_in_viewport()
        await tab_to(screen, window.locator(".window-body"))
        await press("End")
        await expect(last_line).to_be_in_viewport()
        await press("Escape")
        await expect(screen.card.get_by_role("button", name="Details")).to_be_focused()

        await tab_to(screen, screen.card.get_by_role("button", name="Request remediation"), "Shift+Tab")
        await press("Space")
        await expect(window.get_by_label("Action")).to_be_focused(timeout=PATIENCE)
        await press("ArrowDown")
        await expect(window.get_by_label("Action").locator("option:checked")).to_have_text("Dismiss risk")
        await press("ArrowUp")
        await tab_to(screen, window.get_by_role("checkbox", name="Ping"))
        await press("Space")
        await tab_to(screen, window.get_by_label("Reason"))
        await screen.page.keyboard.type(REASON)
        await tab_to(screen, window.get_by_role("button", name="Ask"))
        await press("Enter")
        await expect(screen.reply(f"Confirm safe for {asked_for} users: pending")).to_be_visible(timeout=PATIENCE)

        approve = screen.thread.get_by_role("button", name=f"Approve {asked_for} users")
        await tab_to(screen, approve)
        await press("Enter")
        await tab_to(screen, screen.question.get_by_role("button", name="Approve"))
        await press("Enter")
        await refused(screen, "can't sign your own request")
        await expect(approve).to_be_focused()

        await tab_to(screen, screen.page.get_by_role("radio", name="Ada Admin"), "Shift+Tab")
        await press("ArrowRight")
        await expect(screen.page.get_by_role("radio", name="Grace Approver")).to_be_focused()
        await expect(screen.private).to_have_count(0)
        await tab_to(screen, approve)
        await press("Space")
        await tab_to(screen, screen.question.get_by_role("button", name="Approve"))
        await press("Space")
        signed = screen.reply("approved")
        await expect(signed).to_contain_text("Approved by @Grace Approver", timeout=PATIENCE)
        await expect(signed).to_be_focused()
        assert await screen.page.evaluate("focusLost") == []


async def test_on_a_phone_nothing_has_to_be_scrolled_sideways_by_day_or_night(small, browser):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "device_scale_factor": 2}
    async with small as stage:
        for scheme in ("light", "dark"):
            async with looking(browser, stage, **phone, color_scheme=scheme) as screen:
                await read_card(screen, stage)
                assert await screen.page.evaluate("tooWide()") == []
                assert await screen.card.evaluate("card => faint(card)") == []
                for button in await screen.card.get_by_role("button", name=STARTERS).all():
                    box = await button.bounding_box()
                    assert box
                    assert box["height"] >= 38
                    assert box["x"] + box["width"] <= 390
                await screen.card.get_by_role("button", name="Details").tap()
                await expect(screen.window).to_contain_text("cloud-only", timeout=PATIENCE)
                assert await screen.page.evaluate("tooWide()") == []
                await screen.window.get_by_role("button", name="Close", exact=True).tap()
                await open_dialog(screen)
                assert await screen.page.evaluate("tooWide()") == []
                await screen.window.get_by_role("button", name="Cancel").tap()
                await expect(screen.window).to_have_count(0)


async def test_names_that_pretend_to_be_markup_stay_text_in_details_and_among_the_held_back(small, browser):
    truth, users = small.tenant.truth, {user.id: user for user in small.tenant.users}
    names = dict(zip((who for who, why in truth.held_back.items() if why == "suspicious"), NASTY, strict=False))
    for user_id, name in names.items():
        users[user_id].display_name = name
    address = "<!channel>*b*_i_&lt;@U0ADA000001&gt;\u202eevil@contoso.example"
    named = sorted(truth.held_back)[:8]  # the dialog names the first of them
    for user_id in named:
        if user_id in users:
            users[user_id].user_principal_name = address
    async with small as stage, looking(browser, stage) as screen:
        await screen.figure_is("flagged", len(truth.surge_user_ids))
        await screen.card.get_by_role("button", name="Details").click()
        await expect(screen.window).to_contain_text("cloud-only", timeout=PATIENCE)
        lines = await people_behind(screen, "another open detection", len(names))
        for name in names.values():
            shown = _visible(name)[:60]
            assert any(line.startswith(shown) for line in lines), (shown, lines)
        await no_markup(screen)
        await screen.page.keyboard.press("Escape")
        await open_dialog(screen)
        held = screen.window.get_by_role("listitem").filter(has_text="evil@contoso.example")
        await expect(held.first).to_contain_text(_visible(address))
        await no_markup(screen)


def _visible(name: str) -> str:
    """Without what turns or hides text."""
    return " ".join(re.sub("[\u202a-\u202e\u2066-\u2069\u200b\u200d\u00ad]", "", name).split())


async def no_markup(screen: Screen) -> None:
    """Nothing in the lists mentions, links, formats, or turns the direction of what follows."""
    lists = screen.window.get_by_role("list")
    assert await lists.locator("a, img, code, em, s, .mention, .loud, .emoji").count() == 0
    texts = "".join(await lists.all_text_contents())
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b]", texts)


async def test_the_picture_of_the_readme_shows_a_card_with_its_figures_and_a_clean_up(browser):
    pace = Pace(users=3000, scale=20, poll_seconds=2, resend_seconds=4, processing_seconds=(0.5, 3.0), tail_seconds=3)
    async with Stage(pace) as stage:
        options = {"viewport": {"width": 1280, "height": 800}, "device_scale_factor": 1, "color_scheme": "light"}
        async with looking(browser, stage, **options) as screen:
            await read_card(screen, stage)
            await open_dialog(screen)
            await screen.window.get_by_label("Reason").fill(REASON)
            await screen.window.get_by_role("button", name="Ask").click()
            await expect(screen.thread.get_by_role("button", name="Approve")).to_be_visible(timeout=PATIENCE)
            await screen.become("Grace Approver")
            await screen.sign()
            await expect(screen.reply("done")).to_contain_text("100 %", timeout=PATIENCE)
            await expect(screen.card).to_contain_text("signed by @Grace Approver", timeout=PATIENCE)
            await expect(screen.card.get_by_role("button", name=STARTERS)).to_have_count(0, timeout=PATIENCE)
            await screen.figure_is("still at risk", left_at_risk(stage))
            await screen.page.mouse.move(0, 0)
            picture = await screen.page.screenshot(animations="disabled")
    palette = Image.open(BytesIO(picture)).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    palette.save(small := BytesIO(), "PNG", optimize=True)
    assert 20_000 < len(small.getvalue()) < 200_000
    if TAKE_PICTURE:
        PICTURE.write_bytes(small.getvalue())
