from pathlib import Path

from bot.slack.manifest import EVENTS, SCOPES, as_yaml, manifest
from sim.workspace import contoso

FILE = Path(__file__).parents[2] / "manifests" / "slack-app.yaml"


def test_the_file_is_what_the_code_says():
    assert FILE.read_text(encoding="utf-8") == as_yaml(manifest())


def test_slacks_limits_are_kept():
    shown = manifest()["display_information"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert 174 <= len(shown["long_description"]) <= 4000


def test_socket_mode_names_no_address():
    assert "request_url" not in as_yaml(manifest("socket"))
    assert manifest("socket")["settings"]["socket_mode_enabled"] is True


def test_http_mode_names_the_address_of_events_and_of_clicks():
    settings = manifest("http", public_url="https://bot.contoso.example/")["settings"]
    assert settings["socket_mode_enabled"] is False
    assert settings["event_subscriptions"]["request_url"] == "https://bot.contoso.example/slack/events"
    assert settings["interactivity"]["request_url"] == "https://bot.contoso.example/slack/events"


def test_the_app_asks_for_no_more_than_the_invented_workspace_grants():
    workspace = contoso()
    assert set(SCOPES) <= workspace.scopes
    assert set(EVENTS) <= workspace.subscriptions


def test_the_yaml_nests_and_quotes():
    assert as_yaml({"a": {"b": "x: y", "c": ["d"], "e": True}}) == 'a:\n  b: "x: y"\n  c:\n    - "d"\n  e: true\n'
