"""The page's own addresses: nobody else's page may use them, and each person is shown only what is theirs."""

import json

from sim.workspace.contoso import ADA, IDENTITY_ALERTS, MALLORY


async def test_no_other_page_can_look_or_press(app, server):
    body = {"person": ADA, "channel": IDENTITY_ALERTS, "text": "hello"}
    own = {"Origin": server.url}
    for path, headers in [
        ("say", {}),
        ("say", {"Origin": "http://evil.example"}),
        ("say", {**own, "Host": "evil.example"}),
        ("say", {"Origin": "http://evil.example", "Host": "evil.example"}),
    ]:
        async with app.session.post(f"{server.url}/page/do/{path}", json=body, headers=headers) as answer:
            assert answer.status == 403
    async with app.session.get(f"{server.url}/page/sight", headers={"Host": "evil.example"}) as answer:
        assert answer.status == 403
    assert server.messages() == []
    async with app.session.post(f"{server.url}/page/do/say", json=body, headers=own) as answer:
        assert await answer.json() == {"ok": True}
    async with app.session.get(server.page_url) as answer:
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]


async def test_a_person_is_shown_no_private_answer_of_another(app, server):
    await app.call("chat.postEphemeral", channel=IDENTITY_ALERTS, user=ADA, text="for Ada")
    await app.call("chat.postMessage", channel=ADA, text="to Ada alone")
    seen = {}
    for person in (ADA, MALLORY):
        async with app.session.get(f"{server.url}/page/sight", params={"person": person}) as stream:
            line = await stream.content.readuntil(b"\n\n")
            seen[person] = json.dumps(json.loads(line.removeprefix(b"data: ")))
    assert "for Ada" in seen[ADA]
    assert "to Ada alone" in seen[ADA]
    assert "Ada alone" not in seen[MALLORY]
    assert "for Ada" not in seen[MALLORY]
