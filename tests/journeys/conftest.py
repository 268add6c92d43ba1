"""Starts a module's stories ahead of the tests that await them: see tests/journeys/side_by_side.py."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.journeys.side_by_side import Ahead, Stories


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ahead(request: pytest.FixtureRequest) -> AsyncIterator[Ahead]:
    """The stories of this module that are to be tested now, all on their way."""
    stories: Stories = request.module.stories
    wanted = [item.name for item in request.session.items if getattr(item, "module", None) is request.module]
    ahead = Ahead(stories, wanted)
    yield ahead
    await ahead.stop()
