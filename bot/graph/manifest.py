"""What the app may do at Microsoft: the app roles it asks for, as the Entra app manifest writes them.

Sources: Microsoft Graph permissions reference; Microsoft Entra, "Understand the app manifest (Microsoft Graph format)".
"""

from collections.abc import Mapping
from typing import Any

from bot.watch.permission import APP_ROLES, Need, Permission

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"


def manifest(*, with_optional: bool = True) -> Mapping[str, Any]:
    """The part of the app's manifest that names its permissions. An administrator has to consent to them."""
    asked = [each for each in APP_ROLES if with_optional or APP_ROLES[each].need is not Need.OPTIONAL]
    return {
        "displayName": "Countersign",
        "signInAudience": "AzureADMyOrg",
        "notes": _notes(asked),
        "requiredResourceAccess": [
            {
                "resourceAppId": GRAPH_APP_ID,
                "resourceAccess": [{"id": APP_ROLES[each].id, "type": "Role"} for each in asked],
            }
        ],
    }


def _notes(asked: list[Permission]) -> str:
    """What the ids don't say, in the app registration's own notes."""
    writing = ", ".join(each for each in asked if APP_ROLES[each].writes)
    optional = ", ".join(each for each in asked if APP_ROLES[each].need is Need.OPTIONAL)
    told = [
        f"Of these permissions some change users, and are best kept on a second app registration: {writing}.",
        "To require a password change the app also needs a directory role, such as User Administrator.",
    ]
    if optional:
        told.append(f"Can be left out; what they allow is then shown as not available: {optional}.")
    return " ".join(told)
