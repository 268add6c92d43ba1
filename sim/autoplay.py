"""Both admins, played: Ada asks, Grace signs, the wrong people are refused, until nobody is left to clear."""

import re
from collections.abc import Callable
from typing import Any

from sim.stage import Stage
from sim.workspace import buttons
from sim.workspace.contoso import ADA, GRACE, IDENTITY_ALERTS, MALLORY

PATIENCE = 240.0
MOST_ROUNDS = 6
CLOSED = {"confirmedSafe"}
REASON = "Leaked-credential alerts all over the tenant at once; Microsoft invalidated tokens it had logged by mistake."

Json = dict[str, Any]


class StoryFailedError(Exception):
    """The story did not come to its end; the message says where."""


class Autoplay:
    """Plays the story on a stage and tells each step as it happens."""

    def __init__(self, stage: Stage, say: Callable[[str], None], *, last_figure: str = "passwordless") -> None:
        """last_figure: the figure that must stand on the card before Ada asks."""
        self._stage = stage
        self._last_figure = last_figure
        self._say = say
        self._refusals_shown = False

    async def play(self) -> bool:
        """True if every eligible user is verified in the tenant and every held-back user untouched."""
        card = await self._await("the surge's card", self._card)
        self._say(f"The card is in #identity-alerts: {self._first_line(card)}")
        await self._await("who is at risk, on the card", lambda: self._card_with("still at risk"))
        await self._await("the figures on the card", lambda: self._card_with(self._last_figure))
        await self._await("what the evidence leans to, on the card", self._weighed_card)
        self._say("The breakdown is on the card:")
        for line in self._read(self._card_with(self._last_figure)).splitlines()[1:8]:
            self._say(f"    {line}")
        for number in range(1, MOST_ROUNDS + 1):
            if not self._left():
                break
            await self._round(number)
        return await self._verdict()

    async def _round(self, number: int) -> None:
        """Ask, sign, and wait for the run's end."""
        slack = self._stage.slack
        card = await self._await(
            "the button Request remediation", lambda: self._card_with_button("Request remediation")
        )
        known = {message["ts"] for message in slack.messages(IDENTITY_ALERTS, card["ts"])}
        while True:
            await slack.press(ADA, IDENTITY_ALERTS, card["ts"], "Request remediation")
            dialog = await self._await("the filled dialog", lambda: self._filled_dialog(ADA))
            if dialog.get("submit"):
                break
            told = self._read(card)
            self._say(f"Ada is told: {self._read(dialog)}")
            await slack.close_dialog(ADA)
            await self._await("a change of the card", lambda told=told: self._read(self._card()) != told)  # type: ignore[misc]
        self._say("Ada presses Request remediation; the dialog says who is held back:")
        for line in [each for each in self._read(dialog).splitlines() if each.startswith(("•", "Held back"))][:8]:
            self._say(f"    {line}")
        errors = await slack.fill_and_submit(ADA, {"Reason": REASON})
        if errors:
            raise StoryFailedError(f"the dialog refused: {errors}")
        request = await self._await("the request in the thread", lambda: self._reply(card, known, "Approve"))
        self._say(f"The request is in the thread: {self._first_line(request)}")
        if not self._refusals_shown:
            await self._show_refusals(request)
        await slack.press(GRACE, IDENTITY_ALERTS, request["ts"], "Approve")
        self._say("Grace signs.")
        run = await self._await("the run's card", lambda: self._reply(card, known | {request["ts"]}, "verified"))
        run = await self._await("the run's end", lambda: self._ended(run["ts"]))
        self._say(f"Run {number} ended: {self._first_line(run)}")

    async def _show_refusals(self, request: Json) -> None:
        """Ada can't sign her own request, and Mallory can't sign at all."""
        self._refusals_shown = True
        for person, name in ((ADA, "Ada"), (MALLORY, "Mallory")):
            before = len(self._stage.slack.ephemerals(person))
            await self._stage.slack.press(person, IDENTITY_ALERTS, request["ts"], "Approve")
            answer = await self._await(
                f"the private answer to {name}",
                lambda person=person, before=before: self._stage.slack.ephemerals(person)[before:],  # type: ignore[misc]
            )
            self._say(f"{name} presses Approve and is told privately: {self._read(answer[-1])}")

    async def _verdict(self) -> bool:
        """Hold the tenant's own record against what was to happen."""
        left = self._left()
        touched = {
            user_id for write in self._stage.tenant.writes for user_id in write.user_ids
        } & self._stage.tenant.truth.held_back.keys()
        cleared = len(self._stage.tenant.truth.eligible_user_ids) - len(left)
        self._say(f"In the tenant: {cleared:,} eligible users cleared, {len(left):,} left.")
        held_back = len(self._stage.tenant.truth.held_back)
        self._say(f"Held back: {held_back:,} users, {len(touched):,} of them touched.")
        card = await self._await("the last word on the card", self._settled_card)
        self._say(f"The card says: {self._first_line(card)}")
        return not left and not touched

    def _weighed_card(self) -> Json | None:
        """The card once the evidence was read far enough to lean anywhere: that says how many must sign."""
        card = self._card()
        told = self._read(card).partition("The evidence:")[2] if card else ""
        return card if told and not told.strip().startswith("insufficient") else None

    def _left(self) -> set[str]:
        tenant = self._stage.tenant
        return {each for each in tenant.truth.eligible_user_ids if tenant.state_of(each) not in CLOSED}

    async def _await(self, what: str, found: Callable[[], Any]) -> Any:  # noqa: ANN401 - JSON from the workspace
        try:
            return await self._stage.slack.wait_for(found, timeout=PATIENCE)
        except TimeoutError:
            raise StoryFailedError(f"{what} did not come within {PATIENCE:.0f} s") from None

    def _card(self) -> Json | None:
        messages = self._stage.slack.messages(IDENTITY_ALERTS)
        return messages[0] if messages else None

    def _settled_card(self) -> Json | None:
        card = self._card()
        return card if card and buttons(card) == ["Details"] and "running" not in self._read(card) else None

    def _card_with(self, word: str) -> Json | None:
        card = self._card()
        return card if card and re.search(rf"^{word} (at least )?\d", self._read(card), re.MULTILINE) else None

    def _card_with_button(self, label: str) -> Json | None:
        card = self._card()
        return card if card and any(each.startswith(label) for each in buttons(card)) else None

    def _filled_dialog(self, person: str) -> Json | None:
        dialog = self._stage.slack.dialog(person)
        if dialog is None:
            return None
        return dialog if dialog.get("submit") or "possible" in self._read(dialog) else None

    def _reply(self, card: Json, known: set[str], word: str) -> Json | None:
        for message in self._stage.slack.messages(IDENTITY_ALERTS, card["ts"]):
            if message["ts"] not in known and word in self._read(message):
                return message
        return None

    def _ended(self, ts: str) -> Json | None:
        message = self._stage.slack.message(ts)
        return message if not buttons(message) else None

    def _read(self, shown: Json | None) -> str:
        return self._stage.slack.plain(shown) if shown else ""

    def _first_line(self, shown: Json) -> str:
        lines = [line for line in self._read(shown).splitlines() if line.strip()]
        return " / ".join(lines[:2])
