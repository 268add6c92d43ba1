"""No token reaches the log, in whatever way it comes."""

import json
import logging
import sys

import pytest
import structlog

from bot.process.logs import set_up_logs

TOKENS = [
    "xoxb-123456789012-abcdefABCDEF",
    "xoxp-123456789012-abcdefABCDEF",
    "xapp-1-A012-345-abcdef0123456789",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "Bearer abcdef.ghijkl-mnop",
]


class Terminal:
    """Standard error as a terminal, or not."""

    def __init__(self, *, is_terminal):
        self.text = ""
        self.is_terminal = is_terminal

    def write(self, text):
        self.text += text

    def flush(self):
        pass

    def isatty(self):
        return self.is_terminal


@pytest.fixture(params=[False, True], ids=["file", "terminal"])
def written(request, monkeypatch):
    """What stands on standard error, with the logs set up as `countersign run` does."""
    stream = Terminal(is_terminal=request.param)
    monkeypatch.setattr(sys, "stderr", stream)
    root = logging.getLogger()
    before = (root.handlers, root.level, structlog.get_config())
    set_up_logs()
    yield stream
    root.handlers, _, config = before
    root.setLevel(before[1])
    structlog.configure(**config)


def secret_of(token):
    return token.split(" ")[-1].split("-", 1)[-1]


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_in_what_is_said_is_left_out(written, token):
    structlog.get_logger().warning("something", why=f"refused {token} there", token=token)
    assert "something" in written.text
    assert "left out" in written.text
    assert secret_of(token) not in written.text


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_in_what_a_library_says_is_left_out(written, token):
    logging.getLogger("httpx").warning("request failed: %s", {"headers": {"Authorization": token}})
    assert "request failed" in written.text
    assert secret_of(token) not in written.text


def fail(token):
    raise ValueError(f"it was {token}")


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_in_a_traceback_is_left_out(written, token):
    try:
        fail(token)
    except ValueError:
        structlog.get_logger().exception("job_failed")
        logging.getLogger("library").exception("also failed")
    assert "job_failed" in written.text
    assert "also failed" in written.text
    assert secret_of(token) not in written.text


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_deep_in_a_value_is_left_out(written, token):
    structlog.get_logger().warning("something", facts={"headers": [token]}, problem=ValueError(token))
    assert secret_of(token) not in written.text


def test_a_line_is_one_json_object_with_its_time_and_level_and_words_on_a_terminal(written):
    structlog.get_logger().info("batch_sent", number=3)
    logging.getLogger("library").warning("of a library")
    lines = written.text.splitlines()
    assert ["batch_sent" in lines[0], "of a library" in lines[1]] == [True, True]
    if not written.is_terminal:
        first, second = [json.loads(line) for line in lines]
        assert (first["event"], first["number"], first["level"]) == ("batch_sent", 3, "info")
        assert first["timestamp"].endswith("Z")
        assert second["event"] == "of a library"


def test_a_whole_payload_does_not_fit_into_the_log(written):
    structlog.get_logger().warning("something", payload="x" * 100_000)
    assert len(written.text) < 5_000


def test_what_libraries_only_mention_is_not_logged(written):
    logging.getLogger("azure.core").info("a request with its headers")
    logging.getLogger("httpx").debug("a payload")
    assert written.text == ""
