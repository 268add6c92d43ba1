"""countersign show: names everybody behind each figure, by what the team states where that can be read."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.operations.briefing.brief_surge import brief_surge
from tests.values import SURGE, TENANT, directory_user

GLASS = "glass@contoso.example"


@pytest.fixture
async def show(scene, database_url, monkeypatch):
    """The command on a host that knows the database of a surge, but no token of Slack's."""
    scene.flag("ada", "glass")
    people = [directory_user("ada", "ada@contoso.example"), directory_user("glass", GLASS)]
    scene.graph.directory = {user.user_id: user for user in people}
    await brief_surge(scene.tenant, SURGE)
    for name in ("AZURE_TENANT_ID", "SLACK_CHANNEL", "SLACK_BOT_TOKEN", "COUNTERSIGN_TENANTS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COUNTERSIGN_DATABASE_URL", database_url)

    async def run():
        answer = await asyncio.to_thread(CliRunner().invoke, app, ["show", SURGE, "--names", "--json"])
        assert answer.exit_code == 0, answer.output
        figures = json.loads(answer.stdout)["figures"]
        return {each["name"]: [person["user_id"] for person in each["people"]] for each in figures}

    return run


async def test_who_is_an_emergency_account_is_known_where_the_settings_can_be_read(show, monkeypatch):
    without = await show()
    monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
    monkeypatch.setenv("SLACK_CHANNEL", "C0ONE")
    monkeypatch.setenv("COUNTERSIGN_EMERGENCY_ACCOUNTS", GLASS)
    assert await show() == {"accounts that are not a person's": ["glass"], **without}


async def test_with_several_tenants_what_the_surges_own_tenant_states_counts(show, monkeypatch, tmp_path):
    without = await show()
    file = tmp_path / "tenants.toml"
    one = '[[tenants]]\nid = "{}"\nchannel = "C0ONE"\nemergency_accounts = ["{}"]\n'
    monkeypatch.setenv("COUNTERSIGN_TENANTS_FILE", str(file))
    file.write_text(one.format(TENANT, "nobody@contoso.example") + one.format("tenant-two", GLASS))
    assert await show() == without
    file.write_text(one.format(TENANT, GLASS) + one.format("tenant-two", "nobody@contoso.example"))
    assert "accounts that are not a person's" in await show()


async def test_settings_that_are_wrong_do_not_keep_the_command_from_the_rest(show, monkeypatch):
    without = await show()
    monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
    monkeypatch.setenv("SLACK_CHANNEL", "not a channel")
    monkeypatch.setenv("COUNTERSIGN_EMERGENCY_ACCOUNTS", GLASS)
    assert await show() == without
