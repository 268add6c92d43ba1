"""What the tenant answers, a module for each part of Graph; `ROUTES` joins them. A new part is a module more."""

from sim.tenant.call import Route
from sim.tenant.endpoints import (
    access_policies,
    announcements,
    delta,
    directory_audits,
    domains,
    hybrid,
    organization,
    registration,
    risk_detections,
    risky_users,
    roles,
    service_principals,
    sign_ins,
    users,
)

ROUTES: tuple[Route, ...] = (
    *risk_detections.ROUTES,
    *risky_users.ROUTES,
    *delta.ROUTES,
    *users.ROUTES,
    *domains.ROUTES,
    *registration.ROUTES,
    *organization.ROUTES,
    *roles.ROUTES,
    *hybrid.ROUTES,
    *sign_ins.ROUTES,
    *directory_audits.ROUTES,
    *access_policies.ROUTES,
    *service_principals.ROUTES,
    *announcements.ROUTES,
)
"""In order: of two templates that fit a path, the first is meant."""
