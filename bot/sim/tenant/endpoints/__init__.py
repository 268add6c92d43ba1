"""What the tenant answers, a module for each part of Graph; `ROUTES` joins them. A new part is a module more."""

from bot.sim.tenant.call import Route
from bot.sim.tenant.endpoints import delta, domains, organization, registration, risk_detections, risky_users, users

ROUTES: tuple[Route, ...] = (
    *risk_detections.ROUTES,
    *risky_users.ROUTES,
    *delta.ROUTES,
    *users.ROUTES,
    *domains.ROUTES,
    *registration.ROUTES,
    *organization.ROUTES,
)
"""In order: of two templates that fit a path, the first is meant."""
