"""What a person does in Slack, and what Slack makes of the app's answer."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from sim.workspace import payloads, posting
from sim.workspace.blocks import elements_in
from sim.workspace.delivery import Delivery, NotAcknowledged
from sim.workspace.dialogs import state_field
from sim.workspace.filling import Filled, faults, find_input, inputs_of, value_for
from sim.workspace.methods.views import checked_view
from sim.workspace.refusals import SlackError
from sim.workspace.rules import Json
from sim.workspace.state import State
from sim.workspace.world import Channel, Person

Surface = Literal["message", "dialog", "home"]


class AnswerRefused(NotAcknowledged):
    """The app answered a submission in a way that Slack doesn't understand: the person sees an error."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an element is: in a message (`channel_id`, `ts`), in the home tab, or else in the top dialog."""

    block_id: str
    action_id: str
    channel_id: str | None = None
    ts: str | None = None
    in_home: bool = False


class Hands:
    """The hands of everybody in the workspace. A person can only use what that person sees."""

    def __init__(self, state: State, delivery: Delivery) -> None:
        self._state = state
        self._delivery = delivery
        self._chosen: dict[tuple[str, str], Json] = {}

    async def press(
        self, person_id: str, channel_id: str | None, ts: str | None, button: str, where: Surface = "message"
    ) -> Json | None:
        """Presses the first button with this action_id, or with a label that begins so, and confirms if asked."""
        if where != "message":
            view = self._view(person_id) if where == "dialog" else self._home(person_id)
            block, element = _find(view["blocks"], _is_button(button))
            return await self._use_in_view(person_id, view, block, element, None)
        channel, message, private = self._message(person_id, channel_id, ts)
        block, element = _find(message.get("blocks", []), _is_button(button))
        return await self._use_in_message(person_id, channel, message, block, element, None, private=private)

    async def use(
        self, person_id: str, place: Place, filled: Filled | None = None, *, quietly: bool = False
    ) -> Json | None:
        """Uses exactly one element: presses it, or puts a value into it (`quietly`: without telling the app). Returns
        the acknowledgement if the app was told.
        """
        workspace = self._state.workspace
        if place.ts is not None:
            channel, message, private = self._message(person_id, place.channel_id, place.ts)
            block, element = _at(message.get("blocks", []), place)
            chosen = None
            if element["type"] != "button":
                chosen = {state_field(element) or "selected_option": value_for(workspace, element, filled or "")}
            return await self._use_in_message(person_id, channel, message, block, element, chosen, private=private)
        view = self._home(person_id) if place.in_home else self._view(person_id)
        block, element = _at(view["blocks"], place)
        if element["type"] == "button":
            return await self._use_in_view(person_id, view, block, element, None)
        value = value_for(workspace, element, filled or "")
        if quietly:
            self._state.dialogs.set_value(view, block["block_id"], element["action_id"], value)
            return None
        return await self.set_value(person_id, view, block, element, value)

    async def choose(
        self, person_id: str, label: str, filled: Filled, channel_id: str | None = None, ts: str | None = None
    ) -> Json | None:
        """Chooses in the top dialog, or in a message if one is named: an element is found by the label of its input,
        by its action_id, or by its placeholder. Returns the acknowledgement when the app is told at once.
        """
        if ts is None:
            view = self._view(person_id)
            try:
                block, element = find_input(view, label)
            except LookupError:
                block, element = _find(view["blocks"], _is_choice(label))
            value = value_for(self._state.workspace, element, filled)
            return await self.set_value(person_id, view, block, element, value)
        channel, message, private = self._message(person_id, channel_id, ts)
        block, element = _find(message.get("blocks", []), _is_choice(label))
        chosen = {state_field(element) or "selected_option": value_for(self._state.workspace, element, filled)}
        return await self._use_in_message(person_id, channel, message, block, element, chosen, private=private)

    async def set_value(self, person_id: str, view: Json, block: Json, element: Json, value: object) -> Json | None:
        """Puts a value into an element of a dialog; tells the app where `dispatch_action` or the block asks for it."""
        if state_field(element) is not None:
            self._state.dialogs.set_value(view, block["block_id"], element["action_id"], value)
            self._state.changes.signal()
        if block["type"] == "input" and not block.get("dispatch_action"):
            return None
        return await self._use_in_view(
            person_id, view, block, element, {state_field(element) or "selected_option": value}
        )

    async def fill_and_submit(self, person_id: str, values: Mapping[str, Filled]) -> dict[str, str]:
        """Fills the inputs of the top dialog by label and presses its submit button. Returns the errors below the
        inputs, by label; empty when the dialog went through.
        """
        for label in values:
            find_input(self._view(person_id), label)
        for label, filled in values.items():
            view = self._view(person_id)
            block, element = find_input(view, label)
            value = value_for(self._state.workspace, element, filled)
            await self.set_value(person_id, view, block, element, value)
        view = self._view(person_id)
        errors = await self.submit(person_id)
        labels = {block["block_id"]: label for label, block, _ in inputs_of(view)}
        return {labels.get(block_id, block_id): error for block_id, error in errors.items()}

    async def submit(self, person_id: str) -> dict[str, str]:
        """Presses the submit button of the top dialog. Returns errors by block_id; AnswerRefused when the app's answer
        makes no sense, NotAcknowledged when there is none.
        """
        view = self._view(person_id)
        if view["submit"] is None or view["submit_disabled"]:
            raise LookupError("the dialog has no submit button that can be pressed")
        if found := faults(view):
            return found
        payload = payloads.view_submission(self._state, self._person(person_id), view)
        answer = await self._delivery.deliver("interactive", payload)
        try:
            return self._take_answer(person_id, view, answer)
        except SlackError as refusal:
            raise AnswerRefused(f"{refusal.error}: {refusal.details}") from None
        finally:
            self._state.changes.signal()

    def _take_answer(self, person_id: str, view: Json, answer: Json | None) -> dict[str, str]:
        dialogs = self._state.dialogs
        stack = dialogs.stacks.get(person_id, [])
        if answer is None:
            dialogs.stacks[person_id] = [other for other in stack if other is not view]
            return {}
        match answer.get("response_action"):
            case "errors":
                errors = answer.get("errors")
                inputs = {block["block_id"] for _, block, _ in inputs_of(view)}
                if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
                    raise SlackError("invalid_errors", known=sorted(inputs))
                return {str(block_id): str(error) for block_id, error in errors.items()}
            case "update":
                dialogs.replace(view, checked_view(answer.get("view"), "modal"))
            case "push":
                dialogs.push(person_id, checked_view(answer.get("view"), "modal"))
            case "clear":
                dialogs.clear(person_id)
            case other:
                raise SlackError("unknown_response_action", response_action=other)
        return {}

    async def close(self, person_id: str) -> Json | None:
        """Closes the top dialog, or all of them where it says `clear_on_close`; the app is told if it wants to be."""
        view = self._view(person_id)
        if view["clear_on_close"]:
            closed = self._state.dialogs.clear(person_id)
        else:
            self._state.dialogs.close(person_id)
            closed = [view]
        self._state.changes.signal()
        answer = None
        for gone in reversed(closed):
            if gone["notify_on_close"]:
                cleared = bool(view["clear_on_close"])
                payload = payloads.view_closed(self._state, self._person(person_id), gone, cleared=cleared)
                answer = await self._delivery.deliver("interactive", payload)
        return answer

    def say(self, person_id: str, channel_id: str, text: str, thread_ts: str | None = None) -> Json:
        """Writes a message. The app hears of it where it is mentioned and in direct messages."""
        channel = self._channel(person_id, channel_id)
        person = self._person(person_id)
        content: Json = {"text": self._typed(text)}
        if thread_ts is not None:
            content["thread_ts"] = thread_ts
        message = posting.post(self._state, channel, posting.from_person(person), content)
        heard = {**message, "channel": channel.id, "event_ts": message["ts"]}
        if channel.im_with is not None:
            self.tell("message.im", {**heard, "channel_type": "im"}, scope="im:history")
        elif f"<@{self._state.workspace.bot_user_id}>" in content["text"]:
            self.tell("app_mention", {**heard, "type": "app_mention"}, scope="app_mentions:read")
        return message

    async def command(self, person_id: str, channel_id: str, command: str, text: str = "") -> Json | None:
        """Types a slash command; what the app answers with is shown as a private or public message."""
        if command not in self._state.workspace.commands:
            raise LookupError(f"{command} is not a command of this workspace")
        channel = self._channel(person_id, channel_id)
        person = self._person(person_id)
        payload = payloads.slash_command(self._state, person, channel, command, text)
        answer = await self._delivery.deliver("slash_commands", payload)
        if answer is not None:
            content: Json = {"text": posting.checked_text(str(answer.get("text", "")))}
            if answer.get("blocks"):
                content["blocks"] = posting.checked_blocks(answer["blocks"])
            if answer.get("response_type") == "in_channel":
                posting.post(self._state, channel, posting.from_app(self._state), content)
            else:
                posting.whisper(self._state, channel, person_id, content)
        return answer

    def open_home(self, person_id: str) -> None:
        """Opens the app's home tab."""
        home = self._state.dialogs.homes.get(person_id)
        event: Json = {
            "type": "app_home_opened",
            "user": self._person(person_id).id,
            "channel": self._state.workspace.direct(person_id).id,
            "tab": "home",
        }
        self.tell("app_home_opened", event | ({"view": home} if home else {}))

    def tell(self, subscription: str, event: Json, *, scope: str | None = None) -> None:
        """Sends an event if the app has subscribed to it and holds the scope."""
        workspace = self._state.workspace
        if subscription in workspace.subscriptions and (scope is None or scope in workspace.scopes):
            self._delivery.announce(payloads.event_callback(self._state, event))

    async def _use_in_view(
        self, person_id: str, view: Json, block: Json, element: Json, chosen: Json | None
    ) -> Json | None:
        action = payloads.action_of(self._state, block, element, chosen)
        payload = payloads.block_actions_in_view(self._state, self._person(person_id), view, action)
        return await self._delivery.deliver("interactive", payload)

    async def _use_in_message(
        self,
        person_id: str,
        channel: Channel,
        message: Json,
        block: Json,
        element: Json,
        chosen: Json | None,
        *,
        private: bool,
    ) -> Json | None:
        values = self._chosen.setdefault((person_id, message["ts"]), {})
        if chosen is not None and state_field(element) is not None:
            values.setdefault(block["block_id"], {})[element["action_id"]] = {"type": element["type"], **chosen}
        action = payloads.action_of(self._state, block, element, chosen)
        payload = payloads.block_actions_in_message(
            self._state, self._person(person_id), channel, message, action, values, private=private
        )
        return await self._delivery.deliver("interactive", payload)

    def _person(self, person_id: str) -> Person:
        return self._state.workspace.people[person_id]

    def _view(self, person_id: str) -> Json:
        view = self._state.dialogs.top(person_id)
        if view is None:
            raise LookupError(f"{person_id} has no dialog open")
        return view

    def _home(self, person_id: str) -> Json:
        home = self._state.dialogs.homes.get(person_id)
        if home is None:
            raise LookupError(f"{person_id} sees no home tab")
        return home

    def _channel(self, person_id: str, channel_id: str) -> Channel:
        if channel_id == self._state.workspace.bot_user_id:
            return self._state.workspace.direct(person_id)
        channel = self._state.workspace.channels.get(channel_id)
        if channel is None or person_id not in channel.members:
            raise LookupError(f"{person_id} sees no channel {channel_id}")
        return channel

    def _message(self, person_id: str, channel_id: str | None, ts: str | None) -> tuple[Channel, Json, bool]:
        channel = self._channel(person_id, channel_id or self._state.workspace.home.id)
        message = channel.find(ts or "")
        if message is not None:
            return channel, message, False
        for seer, private in channel.ephemerals:
            if seer == person_id and private["ts"] == ts:
                return channel, private, True
        raise LookupError(f"{person_id} sees no message {ts} in {channel.id}")

    def _typed(self, text: str) -> str:
        """What Slack's client makes of typed text: escaped, with mentions of people as links."""
        people = self._state.workspace.people
        names = {person.name: person.id for person in people.values()}
        escaped = html.escape(text, quote=False)
        mentioned = re.sub(
            r"&lt;@(\w+)&gt;", lambda found: f"<@{found[1]}>" if found[1] in people else found[0], escaped
        )
        return re.sub(
            r"(?<!<)@(\w+)", lambda found: f"<@{names[found[1]]}>" if found[1] in names else found[0], mentioned
        )


def _is_button(name: str) -> Callable[[Json], bool]:
    return lambda element: (
        element["type"] == "button" and (element["action_id"] == name or element["text"]["text"].startswith(name))
    )


def _is_choice(name: str) -> Callable[[Json], bool]:
    return lambda element: (
        element["type"] != "button"
        and (element["action_id"] == name or element.get("placeholder", {}).get("text", "").startswith(name))
    )


def _at(blocks: list[Json], place: Place) -> tuple[Json, Json]:
    for block in blocks:
        for element, _ in elements_in(block):
            if block["block_id"] == place.block_id and element["action_id"] == place.action_id:
                return block, element
    raise LookupError(f"nothing to use at {place.block_id}/{place.action_id}")


def _find(blocks: list[Json], fits: Callable[[Json], bool]) -> tuple[Json, Json]:
    seen: list[str] = []
    for block in blocks:
        for element, _ in elements_in(block):
            if fits(element):
                return block, element
            seen.append(element.get("text", {}).get("text") or element["action_id"])
    raise LookupError(f"nothing of that name to use among {seen}")
