"""The invented breach service is as strict as the documents of the real one."""

from datetime import date

import aiohttp
import pytest

from sim.breach import Breach, BreachServer

GOOD = {"hibp-api-key": "the-key", "User-Agent": "A test of the invented service"}
ADOBE = Breach("Adobe", date(2013, 10, 4))


@pytest.fixture
async def service():
    async with BreachServer(key="the-key", per_minute=3) as service:
        service.know("Ada@contoso.example", ADOBE)
        yield service


async def ask(service, account, headers=GOOD, query=""):
    url = f"{service.url}/api/v3/{account}{query}"
    skipped = () if "User-Agent" in headers else ("User-Agent",)
    async with (
        aiohttp.ClientSession(skip_auto_headers=skipped) as session,
        session.get(url, headers=headers) as answer,
    ):
        return answer.status, answer.headers, await answer.text()


@pytest.mark.parametrize(
    ("headers", "status", "word"),
    [
        ({"User-Agent": "A test"}, 401, "missing hibp-api-key"),
        ({"User-Agent": "A test", "hibp-api-key": "another"}, 401, "invalid hibp-api-key"),
        ({"hibp-api-key": "the-key"}, 403, "user agent"),
        ({"hibp-api-key": "the-key", "User-Agent": "python-httpx/0.28"}, 403, "user agent"),
    ],
)
async def test_key_and_user_agent_are_required(service, headers, status, word):
    found, _, text = await ask(service, "breachedaccount/ada@contoso.example", headers)
    assert found == status
    assert word in text
    assert service.asked == []


async def test_an_address_is_found_in_any_case_and_an_unknown_one_is_not(service):
    assert (await ask(service, "breachedaccount/ADA@contoso.example"))[0] == 200
    assert (await ask(service, "breachedaccount/bob@contoso.example"))[0] == 404
    assert service.asked == ["ADA@contoso.example", "bob@contoso.example"]


async def test_breaches_are_told_by_name_alone_unless_the_whole_is_asked_for(service):
    _, _, short = await ask(service, "breachedaccount/ada@contoso.example")
    assert short == '[{"Name": "Adobe"}]'
    _, _, whole = await ask(service, "breachedaccount/ada@contoso.example", query="?truncateResponse=false")
    assert '"BreachDate": "2013-10-04"' in whole
    assert '"DataClasses": ["Email addresses", "Passwords"]' in whole


async def test_more_than_allowed_in_a_minute_is_refused_with_the_seconds_to_wait(service):
    answers = [await ask(service, "breachedaccount/ada@contoso.example") for _ in range(4)]
    assert [status for status, _, _ in answers] == [200, 200, 200, 429]
    _, headers, text = answers[-1]
    assert 1 <= int(headers["retry-after"]) <= 60
    assert text.startswith('{"statusCode": 429, "message": "Rate limit is exceeded.')


async def test_an_account_that_is_none_is_refused(service):
    assert (await ask(service, "breachedaccount/%20"))[0] == 400
    assert (await ask(service, f"breachedaccount/{'x' * 255}"))[0] == 400


async def test_the_subscription_tells_its_rate(service):
    status, _, text = await ask(service, "subscription/status")
    assert status == 200
    assert '"Rpm": 3' in text
