"""How Slack says no."""

from collections.abc import Sequence

from sim.workspace.rules import Json


class SlackError(Exception):
    """An answer with `ok: false`. `error` is Slack's code, `details` what else stands in the answer."""

    def __init__(self, error: str, *, messages: Sequence[str] = (), **details: object) -> None:
        super().__init__(error, *messages)
        self.error = error
        self.details: Json = dict(details)
        if messages:
            self.details["errors"] = [message.removeprefix("[ERROR] ") for message in messages]
            self.details["response_metadata"] = {"messages": list(messages)}


class RateLimitedError(SlackError):
    """HTTP 429; `retry_after` goes into the header, in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("ratelimited")
        self.retry_after = retry_after
