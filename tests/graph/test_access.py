"""Which addresses may be called with which token."""

import gc
import time

import pytest

from bot.graph.addresses import checked, is_same_origin
from bot.graph.door import open_graph
from bot.graph.refusals import retry_after
from bot.ports.graph import Priority
from tests.graph.microsoft import body

GRAPH = "https://graph.microsoft.com"


@pytest.mark.parametrize(
    "url", [GRAPH, "https://127.0.0.1.example.com", "http://10.0.0.1:80", "http://localhost.example"]
)
def test_a_ready_made_token_goes_nowhere_but_to_this_machine(url):
    with pytest.raises(ValueError, match="this machine only"):
        checked(url, has_access_token=True)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:80", "http://[::1]:80", "http://localhost:80", "http://127.9.9.9:1/"]
)
def test_a_real_credential_never_goes_to_this_machine(url):
    assert checked(url, has_access_token=True) == url.rstrip("/")
    with pytest.raises(ValueError, match="needs an access token"):
        checked(url, has_access_token=False)


@pytest.mark.parametrize(
    "url", ["http://graph.microsoft.com", "graph.microsoft.com", "ftp://x", "https://a:b@c", "https://c/v1.0", ""]
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ValueError, match="GRAPH_URL"):
        checked(url, has_access_token=False)


@pytest.mark.parametrize(
    "link",
    ["https://graph.microsoft.com/v1.0/x", "https://graph.microsoft.com:443/v1.0/x", "HTTPS://Graph.Microsoft.com/"],
)
def test_the_same_origin_in_another_spelling_is_the_same(link):
    assert is_same_origin(link, GRAPH)


@pytest.mark.parametrize(
    "link",
    [
        "http://graph.microsoft.com/",
        "https://graph.microsoft.com:444/",
        "https://graph.microsoft.com.evil.example/",
        "https://graph.microsoft.com@evil.example/",
        "https://me@graph.microsoft.com/",
        "https://graph.microsoft.com:x/",
        "/v1.0/x",
        "",
    ],
)
def test_another_origin_is_another(link):
    assert not is_same_origin(link, GRAPH)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("10", 10.0),
        ("0.5", 0.5),
        ("Sun, 20 Apr 2025 04:00:30 GMT", 30.0),
        ("Sun, 20 Apr 2025 03:00:00 GMT", None),
        ("0", None),
        ("-1", None),
        ("inf", None),
        ("nan", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_understood_in_all_its_forms(value, seconds):
    assert retry_after(value, now=1745121600_000000) == seconds


async def test_a_new_door_waits_one_slot_before_its_first_call(microsoft, opened):
    microsoft.will(body({"id": "u1"}))
    began = time.monotonic()
    await opened(microsoft.url, requests_per_second=5.0).risky_user("u1", priority=Priority.CLICK)
    assert time.monotonic() - began >= 0.19


async def test_a_closed_door_leaves_no_connection_open(microsoft, world):
    door = open_graph(tenant_id="t", graph_url=microsoft.url, access_token="token", world=world)
    microsoft.will(body(b"1"))
    await door.count_users(priority=Priority.CLICK)
    await door.close()
    del door
    gc.collect()  # a ResourceWarning here is an error


async def test_a_real_tenant_gets_the_default_chain_and_is_closed_without_a_call(world):
    door = open_graph(
        tenant_id="00000000-0000-0000-0000-000000000001",
        graph_url="https://graph.microsoft.us",
        access_token=None,
        world=world,
    )
    await door.close()
    del door
    gc.collect()
