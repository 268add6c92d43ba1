"""users.* and usergroups.*"""

from sim.workspace.limits import TIER_2, TIER_3, TIER_4
from sim.workspace.methods.conversations import paged
from sim.workspace.methods.method import Arguments, method
from sim.workspace.refusals import SlackError
from sim.workspace.rules import Json
from sim.workspace.state import State
from sim.workspace.world import Person, UserGroup


def user_shape(state: State, person: Person) -> Json:
    """A user object: docs.slack.dev/reference/objects/user-object. The address only with users:read.email, and never
    that of a stranger.
    """
    profile: Json = {
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "team": person.team_id,
        "status_text": "",
        "status_emoji": "",
    }
    if person.email and "users:read.email" in state.workspace.scopes and not person.is_stranger:
        profile["email"] = person.email
    shape: Json = {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "deleted": person.deleted,
        "profile": profile,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": 1577836800,
    }
    if person.deleted:
        return shape
    shape |= {
        "color": "3c989f",
        "real_name": person.real_name,
        "tz": person.tz,
        "tz_label": person.tz,
        "tz_offset": 0,
        "is_admin": person.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_email_confirmed": not person.is_bot,
        "who_can_share_contact_card": "EVERYONE",
    }
    if person.is_stranger:
        shape["is_stranger"] = True
    if person.enterprise_id:
        shape["enterprise_user"] = {"id": person.id, "enterprise_id": person.enterprise_id}
    return shape


@method("users.info", "user include_locale", TIER_4, scope="users:read", reads=True, takes_json=False)
def users_info(state: State, arguments: Arguments) -> Json:
    """user_not_found."""
    person = state.workspace.people.get(arguments.text("user"))
    if person is None:
        raise SlackError("user_not_found")
    return {"user": user_shape(state, person)}


@method("users.list", "cursor limit include_locale", TIER_2, scope="users:read", reads=True, takes_json=False)
def users_list(state: State, arguments: Arguments) -> Json:
    """Everybody in the workspace, bots and the deactivated too, page by page."""
    people = [person for person in state.workspace.people.values() if not person.is_stranger]
    page, cursor = paged(people, arguments)
    return {
        "members": [user_shape(state, person) for person in page],
        "cache_ts": int(state.workspace.clock()),
        "response_metadata": {"next_cursor": cursor},
    }


@method("users.lookupByEmail", "email", TIER_3, scope="users:read.email", reads=True, takes_json=False)
def users_lookup_by_email(state: State, arguments: Arguments) -> Json:
    """users_not_found; the deactivated and strangers are not found."""
    email = arguments.text("email").lower()
    for person in state.workspace.people.values():
        if person.email.lower() == email and not (person.deleted or person.is_stranger or person.is_bot):
            return {"user": user_shape(state, person)}
    raise SlackError("users_not_found")


def group_shape(state: State, group: UserGroup, *, with_members: bool) -> Json:
    """A user group object: docs.slack.dev/reference/objects/usergroup-object."""
    shape: Json = {
        "id": group.id,
        "team_id": state.workspace.team_id,
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.name,
        "description": "",
        "handle": group.handle,
        "is_external": False,
        "date_create": 1577836800,
        "date_update": 1577836800,
        "date_delete": 1577836801 if group.deleted else 0,
        "auto_type": None,
        "created_by": "",
        "updated_by": "",
        "deleted_by": None,
        "prefs": {"channels": [], "groups": []},
        "user_count": len(group.members),
    }
    if with_members:
        shape["users"] = list(group.members)
    return shape


@method(
    "usergroups.list",
    "include_count include_disabled include_users",
    TIER_2,
    scope="usergroups:read",
    reads=True,
    takes_json=False,
)
def usergroups_list(state: State, arguments: Arguments) -> Json:
    """All user groups, with their members if asked."""
    shown = [g for g in state.workspace.groups.values() if not g.deleted or arguments.flag("include_disabled")]
    with_members = arguments.flag("include_users")
    return {"usergroups": [group_shape(state, group, with_members=with_members) for group in shown]}


@method(
    "usergroups.users.list",
    "usergroup include_disabled",
    TIER_2,
    scope="usergroups:read",
    reads=True,
    takes_json=False,
)
def usergroups_users_list(state: State, arguments: Arguments) -> Json:
    """no_such_subteam; deactivated people are left out."""
    group = state.workspace.groups.get(arguments.text("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    if group.deleted and not arguments.flag("include_disabled"):
        raise SlackError("subteam_disabled")
    people = state.workspace.people
    return {"users": [m for m in group.members if m in people and not people[m].deleted]}
