"""Who holds which directory role, who is in a group, which apps and plans the tenant has."""

from contextlib import aclosing

import structlog

from bot.graph import decode_directory, requests_directory
from bot.graph.endpoints import (
    GROUP_MEMBERS,
    ORGANIZATION,
    ROLE_ASSIGNMENTS,
    ROLE_DEFINITIONS,
    ROLLOUTS,
    SERVICE_PRINCIPALS,
    SYNCHRONIZATION,
)
from bot.graph.tenancy import Tenancy
from bot.ports.graph import GraphError, Priority, Problem
from bot.watch.announcements import MicrosoftApp
from bot.watch.privilege import Role, RoleReport

log = structlog.get_logger()


class RolesPart(Tenancy):
    """What stands around the users of a tenant."""

    async def roles(self) -> RoleReport:
        """Every holder of a directory role, role-assignable groups expanded where that is permitted.

        Assignments that are active now, of any scope; who is only eligible is not among them. A group that can't be
        read is named as the report's problem, and the others stand. Raises GraphError where the roles themselves
        can't be read.
        """
        definitions = await self._lists.read_all(
            requests_directory.role_definitions(self._client),
            ROLE_DEFINITIONS,
            Priority.BRIEF,
            decode_directory.role_definitions,
        )
        named = {definition.id: definition.role for definition in definitions}
        found = await self._lists.read_all(
            requests_directory.role_assignments(self._client),
            ROLE_ASSIGNMENTS,
            Priority.BRIEF,
            decode_directory.role_assignments,
        )
        members, problem = await self._members_of({held.principal_id for held in found if held.is_group})
        held_by: dict[str, set[Role]] = {}
        for held in found:
            role = named.get(held.role_id, Role(held.role_id, ""))
            holders = members.get(held.principal_id, frozenset()) if held.is_group else {held.principal_id}
            for holder in holders if not held.is_app else ():
                held_by.setdefault(holder, set()).add(role)
        return RoleReport(
            {
                holder: tuple(sorted(roles, key=lambda role: (role.name, role.template_id)))
                for holder, roles in held_by.items()
            },
            problem,
        )

    async def group_members(self, group_id: str) -> frozenset[str]:
        """User ids of a group, nested groups expanded. Raises GraphError, NOT_FOUND where there is no such group."""
        request = requests_directory.group_members(self._client, group_id)
        members = await self._lists.read_all(request, GROUP_MEMBERS, Priority.BRIEF, decode_directory.user_members)
        return frozenset(filter(None, members))

    async def microsoft_apps(self) -> tuple[MicrosoftApp, ...]:
        """The service principals of Microsoft's own apps."""
        request = requests_directory.microsoft_apps(self._client)
        return tuple(await self._lists.read_all(request, SERVICE_PRINCIPALS, Priority.BRIEF, decode_directory.apps))

    async def password_hash_sync(self) -> bool | None:
        """Whether password hashes are synchronised from on-premises; None where the tenant has no synchronisation.

        Microsoft's page names no permission for apps: that this is refused is usual.
        """
        request = requests_directory.synchronization(self._client)
        syncs = decode_directory.password_hash_syncs
        told = await self._lists.read_all(request, SYNCHRONIZATION, Priority.BRIEF, syncs)
        return any(told) if told else None

    async def staged_rollout(self) -> frozenset[str]:
        """Ids of the groups whose users sign in at Entra though their domain is federated; empty where there are none.

        Source: "List featureRolloutPolicies" ($expand; no permission for apps: that this is refused is usual). Raises
        GraphError also where a rollout does not say to whom it applies.
        """
        found: set[str] = set()
        request = requests_directory.rollouts(self._client)
        async for page in self._lists.read(request, ROLLOUTS, Priority.BRIEF, decode_directory.rollouts):
            if page.dropped:
                raise GraphError(Problem.MALFORMED, "a staged rollout could not be understood")
            found.update(*page.items)
        return frozenset(found)

    async def licences(self) -> frozenset[str]:
        """Service plan ids that are enabled for the tenant (organization.assignedPlans), in lower case.

        Raises GraphError where Graph hides the plans, as it does from an app that may read no more than users.
        """
        request = requests_directory.organization(self._client)
        async with aclosing(self._lists.read(request, ORGANIZATION, Priority.CLICK, decode_directory.plans)) as found:
            async for page in found:
                if page.items:
                    return page.items[0]
        raise GraphError(Problem.NOT_PERMITTED, f"needs {ORGANIZATION.permission}")

    async def _members_of(self, group_ids: set[str]) -> tuple[dict[str, frozenset[str]], str]:
        """Members by group, and why some are missing; empty when none are."""
        found: dict[str, frozenset[str]] = {}
        problem = ""
        for group_id in sorted(group_ids):
            try:
                found[group_id] = await self.group_members(group_id)
            except GraphError as error:
                if error.problem is Problem.NOT_FOUND:  # deleted since
                    continue
                log.warning("graph_group_unreadable", tenant_id=self._tenant_id, problem=error.problem.name.lower())
                problem = error.why
                if error.problem in {Problem.NOT_PERMITTED, Problem.NO_LICENCE}:
                    break  # nor may the others be read
        return found, problem
