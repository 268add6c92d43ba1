"""One transaction: the repositories over one connection, committed whole or not at all."""

from functools import cached_property

from sqlalchemy import Connection

from bot.store.briefings import Briefings
from bot.store.cards import Cards
from bot.store.cleared import Cleared
from bot.store.clicks import Clicks
from bot.store.codes import Codes
from bot.store.counts import Counts
from bot.store.detections import Detections
from bot.store.directory import Directory
from bot.store.directory_users import DirectoryUsers
from bot.store.impacts import Impacts
from bot.store.leases import Leases
from bot.store.ledger import Ledger
from bot.store.outcomes import Outcomes
from bot.store.readings import Readings
from bot.store.requests import Requests
from bot.store.runs import Runs
from bot.store.surges import Surges
from bot.store.watches import Watches


class Transaction:
    """One unit that is committed whole or not at all; each repository states its own contract."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @cached_property
    def leases(self) -> Leases:
        """Leases."""
        return Leases(self._connection)

    @cached_property
    def watches(self) -> Watches:
        """Watches."""
        return Watches(self._connection)

    @cached_property
    def detections(self) -> Detections:
        """Detections."""
        return Detections(self._connection)

    @cached_property
    def surges(self) -> Surges:
        """Surges."""
        return Surges(self._connection)

    @cached_property
    def directory(self) -> Directory:
        """Risky users and profiles."""
        return Directory(self._connection)

    @cached_property
    def directory_users(self) -> DirectoryUsers:
        """The whole directory."""
        return DirectoryUsers(self._connection)

    @cached_property
    def readings(self) -> Readings:
        """Readings for the whole tenant."""
        return Readings(self._connection)

    @cached_property
    def impacts(self) -> Impacts:
        """Who was stopped from signing in."""
        return Impacts(self._connection)

    @cached_property
    def counts(self) -> Counts:
        """What the database counts."""
        return Counts(self._connection)

    @cached_property
    def briefings(self) -> Briefings:
        """Briefings."""
        return Briefings(self._connection)

    @cached_property
    def requests(self) -> Requests:
        """Plans, requests, votes."""
        return Requests(self._connection)

    @cached_property
    def codes(self) -> Codes:
        """One-time codes."""
        return Codes(self._connection)

    @cached_property
    def runs(self) -> Runs:
        """Runs, intents, answers."""
        return Runs(self._connection)

    @cached_property
    def outcomes(self) -> Outcomes:
        """The outcome of each user of a run."""
        return Outcomes(self._connection)

    @cached_property
    def cleared(self) -> Cleared:
        """Who was cleared."""
        return Cleared(self._connection)

    @cached_property
    def cards(self) -> Cards:
        """Cards."""
        return Cards(self._connection)

    @cached_property
    def clicks(self) -> Clicks:
        """Clicks."""
        return Clicks(self._connection)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger."""
        return Ledger(self._connection)
