"""GET /domains and /domains/{id}/federationConfiguration.

Source: learn.microsoft.com, "List domains", "List internalDomainFederations" (no query options).
"""

from sim.tenant import odata
from sim.tenant.call import Call, Route
from sim.tenant.directory import DOMAIN, FEDERATION, Domain, shown
from sim.tenant.permissions import READ_DOMAINS, READ_FEDERATION
from sim.tenant.refusal import Answer, not_found


def list_domains(call: Call) -> Answer:
    """All domains, on one page."""
    options = call.options("$select")
    selected = odata.select(options.get("$select"), known=DOMAIN, type_name="domain", default=tuple(DOMAIN))
    context = call.context("domains", selected if "$select" in options else None)
    value = [shown(domain, selected, DOMAIN) for domain in call.tenant.domains.values()]
    return Answer(200, {"@odata.context": context, "value": value})


def get_domain(call: Call) -> Answer:
    """One domain."""
    options = call.options("$select")
    selected = odata.select(options.get("$select"), known=DOMAIN, type_name="domain", default=tuple(DOMAIN))
    return Answer(200, {"@odata.context": call.context("domains/$entity"), **shown(_domain(call), selected, DOMAIN)})


def list_federation(call: Call) -> Answer:
    """The federation of a domain; 404 where there is none."""
    call.options()
    domain = _domain(call)
    if domain.federation is None:
        raise not_found(domain.name)
    context = call.context(f"domains('{domain.name}')/federationConfiguration")
    return Answer(200, {"@odata.context": context, "value": [shown(domain.federation, tuple(FEDERATION), FEDERATION)]})


def _domain(call: Call) -> Domain:
    domain = call.tenant.domains.get(call.parameters["id"].lower())
    if domain is None:
        raise not_found(call.parameters["id"])
    return domain


ROUTES = (
    Route("GET", "domains", "directory", READ_DOMAINS, list_domains),
    Route("GET", "domains/{id}", "directory", READ_DOMAINS, get_domain),
    Route("GET", "domains/{id}/federationConfiguration", "directory", READ_FEDERATION, list_federation),
)
