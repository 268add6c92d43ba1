"""The page as a person has it before the eyes, and the figures as that person reads them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, expect

from sim.stage import Stage

PATIENCE = 60_000
"""Milliseconds: the bot reads, asks and waits for others on a machine that may be busy."""
MEASURES = Path(__file__).with_name("measures.js")


class Screen:
    """One person's page: the channel's card, its thread, the window on top."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.room = page.get_by_role("log", name="Messages in #identity-alerts")
        self.card = self.room.get_by_role("article").filter(has=page.get_by_role("heading", name=re.compile(r"\(S-")))
        self.thread = page.get_by_role("complementary", name="Thread")
        self.window = page.get_by_role("dialog")
        self.question = page.get_by_role("alertdialog")
        self.private = page.get_by_role("article", name="Only visible to you")

    def reply(self, heading: str | re.Pattern[str]) -> Locator:
        """The replies in the thread whose heading says this."""
        return self.thread.get_by_role("article").filter(has=self.page.get_by_role("heading", name=heading))

    async def become(self, name: str) -> None:
        """Looks through another person's eyes."""
        await self.page.get_by_role("radio", name=name).check()
        await expect(self.card).to_be_visible()

    async def sign(self) -> None:
        """Presses Approve and confirms."""
        await self.thread.get_by_role("button", name="Approve").click()
        await self.question.get_by_role("button", name="Approve").click()

    async def figure_is(self, word: str, number: int) -> None:
        """Waits until the card has this number right behind this word, at the beginning of a line."""
        await expect(self.card).to_contain_text(beside(word, number), use_inner_text=True, timeout=PATIENCE)


def beside(word: str, number: int) -> re.Pattern[str]:
    """A line that begins with the word, and the number behind it."""
    return re.compile(rf"(^|\n){re.escape(word)}(:| at least)? {number:,}\b")


@asynccontextmanager
async def looking(browser: Browser, stage: Stage, person: str = "ada", **options) -> AsyncIterator[Screen]:
    """A screen, and at the end the certainty that neither a script nor the content security policy complained."""
    context = await browser.new_context(**{"locale": "en-GB", "timezone_id": "UTC"} | options)
    await context.add_init_script(path=MEASURES)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"{stage.slack.page_url}#{person}")
    yield Screen(page)
    assert complaints == []
    await context.close()
