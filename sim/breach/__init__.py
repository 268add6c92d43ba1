"""An invented breach service that speaks Have I Been Pwned's API v3 over HTTP, strictly.

It is an outside world: written from the service's documents, knowing nothing of the bot.

    service = BreachServer(key="...", per_minute=10)
    service.know("ada@contoso.example", Breach("Adobe", date(2013, 10, 4)))
    async with service:
        ...                                   # requests to f"{service.url}/api/v3/breachedaccount/..." with that key
    service.requests                          # (monotonic time, path, status), in order

`scale` makes its minute that many times shorter; `is_down` lets it answer 503.
"""

from sim.breach.server import Breach, BreachServer, RequestRecord

__all__ = ["Breach", "BreachServer", "RequestRecord"]
