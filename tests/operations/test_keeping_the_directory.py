"""The directory is kept warm: everybody once, then what changed, and a surge finds it read."""

import asyncio
from dataclasses import replace

import pytest

from bot.operations.reading.keep_directory import DIRECTORY, is_warm, keep_directory, read_users, refresh_directory
from bot.ports.graph import GraphError, Problem
from tests.values import TENANT, directory_user

DOWN = GraphError(Problem.UNAVAILABLE, "Microsoft did not answer")


def people(scene, *names):
    scene.graph.directory |= {name: directory_user(name, f"{name}@contoso.example") for name in names}


def kept(scene):
    return scene.look(lambda tx: {user.user_id: user for user in tx.directory_users.everyone(TENANT)})


def reading(scene):
    return scene.look(lambda tx: tx.readings.reading_named(TENANT, DIRECTORY))


def has_users(scene, number):
    scene.look(lambda tx: tx.watches.keep_watch(replace(tx.watches.watch_of(TENANT), tenant_users=number)))


async def test_the_first_round_reads_everybody_and_the_next_only_what_changed(scene):
    people(scene, "ada", "bob", "cy")
    await keep_directory(scene.tenant)
    assert kept(scene) == scene.graph.directory
    married = replace(scene.graph.directory["ada"], display_name="Ada Miller")
    scene.graph.directory["ada"] = married
    del scene.graph.directory["bob"]
    people(scene, "dora")
    scene.clock.pass_(600)
    await keep_directory(scene.tenant)
    assert kept(scene) == scene.graph.directory
    assert scene.graph.times("directory_changes") == [None, "cursor-1"]
    assert reading(scene).read_at == scene.clock.now()


async def test_a_round_that_breaks_off_goes_on_where_it_was_and_says_why(scene):
    people(scene, *(f"user-{number}" for number in range(7)))
    scene.graph.page_size = 3
    changes = scene.graph.directory_changes

    async def breaks_off(cursor):
        async for page in changes(cursor):
            yield page
            raise DOWN

    scene.graph.directory_changes = breaks_off
    with pytest.raises(GraphError):
        await keep_directory(scene.tenant)
    assert len(kept(scene)) == 3
    assert reading(scene).problem == DOWN.why
    assert not is_warm(reading(scene))
    scene.graph.directory_changes = changes
    await keep_directory(scene.tenant)
    assert scene.graph.times("directory_changes") == [None, "page-0"]
    assert is_warm(reading(scene))
    assert reading(scene).problem == ""


async def test_a_cursor_that_is_too_old_lets_the_directory_be_read_anew(scene):
    people(scene, "ada", "bob")
    await keep_directory(scene.tenant)
    del scene.graph.directory["bob"]
    scene.graph.expired = {"cursor-1"}
    await keep_directory(scene.tenant)
    assert set(kept(scene)) == {"ada"}
    assert scene.graph.times("directory_changes") == [None, "cursor-1", None]


async def test_a_background_round_that_fails_is_written_down_and_raises_nothing(scene):
    scene.graph.failing["directory_changes"] = GraphError(Problem.NOT_PERMITTED, "needs User.Read.All")
    await refresh_directory(scene.tenant)
    assert reading(scene).problem == "needs User.Read.All"


async def test_two_who_want_it_at_once_do_not_read_it_twice_from_the_start(scene):
    people(scene, "ada")
    await asyncio.gather(keep_directory(scene.tenant), keep_directory(scene.tenant))
    assert scene.graph.times("directory_changes") == [None, "cursor-1"]


async def test_a_warm_directory_costs_a_surge_one_call_for_what_changed(scene):
    people(scene, "ada", "bob")
    await keep_directory(scene.tenant)
    people(scene, "new")
    scene.clock.pass_(600)
    await read_users(scene.tenant, ["ada", "new", "deleted long ago"])
    assert set(kept(scene)) == {"ada", "bob", "new"}
    assert scene.graph.times("directory_changes") == [None, "cursor-1"]
    assert scene.graph.times("users") == []


async def test_a_directory_that_was_read_a_moment_ago_is_not_asked_again(scene):
    people(scene, "ada")
    await keep_directory(scene.tenant)
    scene.clock.pass_(30)
    await read_users(scene.tenant, ["ada"])
    assert len(scene.graph.times("directory_changes")) == 1


async def test_a_few_of_a_large_cold_directory_are_read_by_their_ids(scene):
    has_users(scene, 60_000)
    people(scene, "ada", "bob")
    await read_users(scene.tenant, ["ada", "bob", "gone"])
    assert set(kept(scene)) == {"ada", "bob"}
    assert scene.graph.times("directory_changes") == []


async def test_a_third_of_a_large_cold_directory_is_read_with_everybody_else(scene):
    has_users(scene, 60_000)
    many = [f"user-{number}" for number in range(18_400)]
    people(scene, "user-1")
    await read_users(scene.tenant, many)
    assert set(kept(scene)) == {"user-1"}
    assert scene.graph.times("directory_changes") == [None]
    assert scene.graph.times("users") == []


async def test_where_the_changes_can_not_be_read_the_missing_are_read_by_their_ids(scene):
    people(scene, "ada", "bob")
    await keep_directory(scene.tenant)
    scene.graph.failing["directory_changes"] = DOWN
    people(scene, "new")
    scene.clock.pass_(600)
    await read_users(scene.tenant, ["ada", "new"])
    assert set(kept(scene)) == {"ada", "bob", "new"}
    assert scene.graph.times("users") == [("new",)]
