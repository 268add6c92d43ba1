"""One transaction: the repositories over one connection, committed whole or not at all."""

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
        self.leases = Leases(connection)
        self.watches = Watches(connection)
        self.detections = Detections(connection)
        self.surges = Surges(connection)
        self.directory = Directory(connection)
        self.directory_users = DirectoryUsers(connection)
        self.readings = Readings(connection)
        self.impacts = Impacts(connection)
        self.counts = Counts(connection)
        self.briefings = Briefings(connection)
        self.requests = Requests(connection)
        self.codes = Codes(connection)
        self.runs = Runs(connection)
        self.outcomes = Outcomes(connection)
        self.cleared = Cleared(connection)
        self.cards = Cards(connection)
        self.clicks = Clicks(connection)
        self.ledger = Ledger(connection)
