"""Writes, on risk and on accounts themselves, and what accounts show of the latter."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import structlog
from kiota_abstractions.request_information import RequestInformation
from msgraph.graph_service_client import GraphServiceClient

from bot.act.actions import CATALOGUE
from bot.decide.action import Action
from bot.graph import decode_directory, requests, requests_directory
from bot.graph.batches import Ids, Inner, Question, answers_by_number, longest_wait
from bot.graph.calls import Written
from bot.graph.endpoints import PASSWORD_PROFILE, RISKY_USER_ACTIONS, SESSION_REVOCATION, USERS, Endpoint, Family
from bot.graph.entries import UnreadableError
from bot.graph.refusals import answer_to, request_id_of
from bot.graph.tenancy import Tenancy
from bot.ports.graph import Answer, GraphError, Priority, Problem
from bot.watch.account import AccountState

_TOO_MANY = 429

_ON_ACCOUNTS: Mapping[Action, tuple[Endpoint, Callable[[GraphServiceClient, str], RequestInformation]]] = {
    Action.REVOKE_SESSIONS: (SESSION_REVOCATION, requests_directory.revoke_sessions),
    Action.REQUIRE_PASSWORD_CHANGE: (PASSWORD_PROFILE, requests_directory.require_password_change),
}

log = structlog.get_logger()


class AccountsPart(Tenancy):
    """What is done to users."""

    async def send(self, action: Action, user_ids: Sequence[str]) -> Answer:
        """One write: for at most 60 users where it is on risk, 20 where it is on accounts.

        On risk it goes out in the slot that is held (without one it waits for its own). On accounts it is a $batch at
        the directory's pace, and each user has an answer of its own; where the whole batch was refused or lost, each
        has the batch's. Never repeated by the door, never raises for what Graph or the net does. Raises ValueError for
        no user, for too many, and for the same one twice.
        """
        most = CATALOGUE[action].batch_size
        if not 1 <= len(user_ids) <= most:
            raise ValueError(f"a write takes 1 to {most} users, not {len(user_ids)}")
        if len(set(user_ids)) < len(user_ids):
            raise ValueError("a write names a user once")
        on_account = _ON_ACCOUNTS.get(action)
        if on_account is not None:
            return await self._send_batch(*on_account, user_ids)
        request = requests.action(self._client, action, user_ids)
        held = await self._pacers[Family.IDENTITY_PROTECTION].use_held()
        return (await self._calls.write(request, RISKY_USER_ACTIONS, Priority.ACT, taken_at=held)).answer

    async def account_states(self, user_ids: Collection[str]) -> Mapping[str, AccountState]:
        """What the directory says now of these accounts; deleted ones are left out. Raises GraphError.

        Where the app may not see password profiles, whether a change is demanded is None for all.
        """
        wanted = sorted({user_id for user_id in user_ids if user_id})
        try:
            found = await self._by_id.read(wanted, Priority.ACT, self._accounts(with_password_profile=True))
        except GraphError as error:
            if error.problem not in {Problem.NOT_PERMITTED, Problem.BAD_REQUEST}:
                raise
            found = await self._by_id.read(wanted, Priority.ACT, self._accounts(with_password_profile=False))
            log.warning("graph_password_profiles_unreadable", tenant_id=self._tenant_id, why=error.why)
        return {account.user_id: replace(account, read_at=read_at) for account, read_at in found}

    def _accounts(self, *, with_password_profile: bool) -> Question[AccountState]:
        def ask(user_ids: Ids) -> RequestInformation:
            return requests_directory.accounts_by_id(
                self._client, user_ids, with_password_profile=with_password_profile
            )

        return Question(USERS, ask, requests.users(self._client), decode_directory.accounts)

    async def _send_batch(
        self,
        endpoint: Endpoint,
        request: Callable[[GraphServiceClient, str], RequestInformation],
        user_ids: Sequence[str],
    ) -> Answer:
        outer = requests.batch(self._client, [request(self._client, user_id) for user_id in user_ids])
        written = await self._calls.write(outer, endpoint, Priority.ACT, units=len(user_ids))
        inner = _inner_answers(written)
        refused = [answer for answer in inner.values() if answer.status == _TOO_MANY]
        if refused and written.taken_at is not None:
            wait = longest_wait(refused, now=self._world.now())
            self._calls.refused_inside(endpoint.family, taken_at=written.taken_at, wait=wait)
        users = {
            user_id: _answer_within(inner.get(str(number)), written.answer) for number, user_id in enumerate(user_ids)
        }
        log.info(
            "graph_batch_answered",
            tenant_id=self._tenant_id,
            resource=endpoint.name,
            accepted=sum(answer.accepted for answer in users.values()),
            users=len(users),
        )
        return Answer(written.answer.status, written.answer.request_id, written.answer.why, users)


def _inner_answers(written: Written) -> Mapping[str, Inner]:
    if not written.answer.accepted:
        return {}
    try:
        return answers_by_number(written.body)
    except UnreadableError:
        return {}


def _answer_within(inner: Inner | None, outer: Answer) -> Answer:
    """A user's own answer. Where the batch was taken and the answer is missing, the write's fate is unknown."""
    if inner is None:
        if outer.accepted:
            return Answer(None, outer.request_id, "the answer is missing in the batch")
        return outer
    own = request_id_of(inner.header("request-id"))
    return answer_to(inner.status, bytes(inner.body), own or outer.request_id)
