"""The stories of the faults are told like the journeys': see tests/journeys/side_by_side.py."""

from tests.journeys.conftest import ahead

__all__ = ["ahead"]
