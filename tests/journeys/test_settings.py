"""Bad settings stop the start: exit 2, the variable's name, what is wrong, how to mend it, and no secret's value."""

import os

import pytest

from tests.journeys.side_by_side import Stories
from tests.journeys.story import run_bot

stories = Stories()
pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-111111111111-supersecretbot",
    "SLACK_APP_TOKEN": "xapp-1-A0-supersecretapp",
    "SLACK_SIGNING_SECRET": "supersecretsigning",
    "GRAPH_ACCESS_TOKEN": "supersecretgraph",
}
NUMBERS = ("COUNTERSIGN_APPROVALS_NEEDED", "COUNTERSIGN_IDENTITY_PROTECTION_RPS", "COUNTERSIGN_HTTP_PORT")
NEEDED = ("SLACK_BOT_TOKEN", "SLACK_CHANNEL", "AZURE_TENANT_ID")


def good(tmp_path, **changes: str | None) -> dict[str, str]:
    environment: dict[str, str | None] = {
        "PATH": os.environ["PATH"],
        "SLACK_BOT_TOKEN": SECRETS["SLACK_BOT_TOKEN"],
        "SLACK_APP_TOKEN": SECRETS["SLACK_APP_TOKEN"],
        "SLACK_API_URL": "http://127.0.0.1:9/api/",
        "SLACK_CHANNEL": "C0IDENTITY",
        "GRAPH_URL": "http://127.0.0.1:9",
        "GRAPH_ACCESS_TOKEN": SECRETS["GRAPH_ACCESS_TOKEN"],
        "AZURE_TENANT_ID": "contoso.example",
        "COUNTERSIGN_DATA_DIR": str(tmp_path),
        "COUNTERSIGN_HTTP_PORT": "0",
        **changes,
    }
    return {name: value for name, value in environment.items() if value is not None}


async def refused(environment: dict[str, str]) -> dict[str, str]:
    """By variable: what is said about it."""
    said = await run_bot(environment, "run")
    assert said.status == 2, said
    assert said.out == ""
    assert "Traceback" not in said.err
    assert "supersecret" not in said.err
    lines = dict(line.split(": ", 1) for line in said.err.strip().splitlines())
    assert set(lines) <= {name for name in lines if name.isupper()}
    return lines


async def test_every_missing_setting_is_named_at_once(tmp_path):
    said = await refused(good(tmp_path, **dict.fromkeys(NEEDED)))
    assert set(said) == set(NEEDED)
    assert all("is missing. Set it: " in each for each in said.values())


WRONG = {
    "SLACK_BOT_TOKEN": ("xoxp-supersecret", "xoxb-"),
    "SLACK_APP_TOKEN": ("supersecret", "xapp-"),
    "SLACK_MODE": ("carrier-pigeon", "socket or http"),
    "SLACK_API_URL": ("ftp://slack.example/", "https://"),
    "SLACK_CHANNEL": ("#identity-alerts", "View channel details"),
    "GRAPH_URL": ("http://graph.example.com", "https://"),
    "AZURE_TENANT_ID": ("not a tenant", "GUID"),
    "COUNTERSIGN_REQUESTERS": ("U0ADA000001,ada", "Copy member ID"),
    "COUNTERSIGN_APPROVERS": ("@grace", "Copy member ID"),
    "COUNTERSIGN_APPROVALS_NEEDED": ("0", "greater than or equal to 1"),
    "COUNTERSIGN_REQUEST_TTL": ("4 hours", "30s, 5m or 4h"),
    "COUNTERSIGN_POLL_INTERVAL": ("often", "30s, 5m or 4h"),
    "COUNTERSIGN_RESEND_AFTER": ("0s", "30s, 5m or 4h"),
    "COUNTERSIGN_IDENTITY_PROTECTION_RPS": ("-1", "greater than 0"),
    "COUNTERSIGN_HTTP_PORT": ("70000", "65535"),
}


async def test_every_wrong_setting_is_named_at_once_with_its_mend(tmp_path):
    said = await refused(good(tmp_path, **{name: value for name, (value, _) in WRONG.items()}))
    assert set(said) == set(WRONG)
    for name, (value, mend) in WRONG.items():
        assert mend in said[name], said[name]
        assert name in SECRETS or name in NUMBERS or value.split(",")[-1] in said[name], said[name]


@pytest.mark.parametrize(
    ("changes", "variable", "mend"),
    [
        ({"SLACK_APP_TOKEN": None}, "SLACK_APP_TOKEN", "Socket mode needs"),
        ({"SLACK_MODE": "http"}, "SLACK_SIGNING_SECRET", "http mode"),
        ({"GRAPH_URL": "https://graph.microsoft.com"}, "GRAPH_ACCESS_TOKEN", "Remove it"),
        ({"GRAPH_URL": "https://user:supersecret@graph.example.com"}, "GRAPH_URL", "no password"),
        ({"COUNTERSIGN_DATABASE_URL": "mysql://user:supersecret@host/db"}, "COUNTERSIGN_DATABASE_URL", "postgresql"),
        ({"COUNTERSIGN_DATA_DIR": "/proc/nowhere"}, "COUNTERSIGN_DATA_DIR", "Name one that this user may write to"),
    ],
)
async def test_settings_that_do_not_fit_together_are_named(tmp_path, changes, variable, mend):
    said = await refused(good(tmp_path, **changes))
    assert set(said) == {variable}
    assert mend in said[variable]


@stories.story
async def test_tokens_that_slack_refuses_stop_the_start(tell):
    """The stage gives the bot a wrong token; what Slack says of it decides."""
    story = await tell()
    await story.connected()
    for variable in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        folder = story.stage.folder / variable
        folder.mkdir()
        environment = story.stage.bot_environment() | {"COUNTERSIGN_DATA_DIR": str(folder)}
        environment[variable] = SECRETS[variable]
        said = await refused_after_logs(environment)
        assert variable in said
        assert "invalid_auth" in said


async def refused_after_logs(environment: dict[str, str]) -> str:
    said = await run_bot(environment, "run")
    assert said.status == 2, said
    assert "supersecret" not in said.err
    assert "Traceback" not in said.err
    return said.err


@stories.story
async def test_a_taken_port_is_named(tell):
    story = await tell()
    await story.connected()
    folder = story.stage.folder / "other"
    folder.mkdir()
    port = story.stage.graph.url.rpartition(":")[2]
    said = await run_bot(
        story.stage.bot_environment() | {"COUNTERSIGN_DATA_DIR": str(folder), "COUNTERSIGN_HTTP_PORT": port}, "run"
    )
    assert said.status == 2
    assert f"COUNTERSIGN_HTTP_PORT: port {port}" in said.err
