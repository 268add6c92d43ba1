"""Keep who is who in Slack, so that the host's command line knows it on a day when Slack can't be asked."""

from collections.abc import Collection

import msgspec
import structlog

from bot.decide.policy import Person, groups_among
from bot.operations.tenant import Tenant
from bot.ports.slack import SlackError
from bot.ports.store import Transaction

KNOWN_FOR = 14 * 24 * 3600 * 1_000_000
"""Who was last seen longer ago than this is not known any more (microseconds)."""
MOST_PEOPLE = 200
"""Slack tells of 100 people a minute, and clicks need it too."""

log = structlog.get_logger()


async def keep_acquaintances(tenant: Tenant) -> None:
    """Read everybody who may ask or sign, and keep it. What Slack does not tell stays as it was."""
    policy = tenant.policy
    listed = tuple(dict.fromkeys(policy.everyone_named + policy.break_glass))
    groups: dict[str, list[str]] = {}
    people: list[Person] = []
    now = tenant.world.now()
    try:
        for group in groups_among(listed):
            groups[group] = sorted(await tenant.slack.members([group]))
        known = [each for each in listed if each not in groups]
        members = [each for group in groups.values() for each in group]
        for user_id in list(dict.fromkeys(known + members))[:MOST_PEOPLE]:
            person = await tenant.slack.person(user_id)
            if person is not None:
                people.append(person)
    except SlackError as problem:
        log.warning("acquaintances_not_read", tenant=tenant.id, code=problem.code)

    def keep(tx: Transaction) -> None:
        for group, found in groups.items():
            tx.readings.keep(tenant.id, _group(group), msgspec.json.encode(found), now)
        for person in people:
            tx.readings.keep(tenant.id, _person(person.user_id), msgspec.json.encode(person), now)

    await tenant.store.transact(keep)


async def known_person(tenant: Tenant, user_id: str) -> Person | None:
    """Who that was when Slack was last asked; None where it is too long ago."""
    body = await _known(tenant, _person(user_id))
    return msgspec.json.decode(body, type=Person) if body is not None else None


async def known_members(tenant: Tenant, group_ids: Collection[str]) -> frozenset[str]:
    """Who belonged to these groups when Slack was last asked."""
    found: set[str] = set()
    for group_id in group_ids:
        body = await _known(tenant, _group(group_id))
        found.update(msgspec.json.decode(body, type=list[str]) if body is not None else ())
    return frozenset(found)


async def _known(tenant: Tenant, name: str) -> bytes | None:
    reading = await tenant.store.look(lambda tx: tx.readings.get(tenant.id, name))
    if reading is None or tenant.world.now() - reading.read_at > KNOWN_FOR:
        return None
    return reading.body


def _person(user_id: str) -> str:
    return f"slack-person:{user_id}"


def _group(group_id: str) -> str:
    return f"slack-group:{group_id}"
