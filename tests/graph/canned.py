"""A Microsoft in a process of its own that gives large pages made beforehand: `python -m tests.graph.canned`.

Prints its port. What it costs to make the pages is not felt by the process that reads them.
"""

import asyncio
import json
import uuid

from aiohttp import web

USERS, PAGE, LOG_PAGE = 60_000, 999, 1_000
LOG_PAGES = 3
MOST_POLICIES = 195
"""As many as a tenant may have; each sign-in lists them all."""

_POLICY = {
    "id": str(uuid.uuid4()),
    "displayName": "A policy of many",
    "result": "notApplied",
    "enforcedGrantControls": [],
}


def user(number):
    return {
        "id": f"{number:032x}",
        "userPrincipalName": f"user.{number}@contoso.example",
        "displayName": f"User {number}",
        "mail": f"user.{number}@contoso.example",
        "userType": "Member",
        "accountEnabled": True,
        "createdDateTime": "2020-03-13T19:15:41Z",
        "lastPasswordChangeDateTime": "2024-03-13T19:15:41.1234567Z",
        "department": "Sales",
    }


def registration(number):
    return {
        "id": f"{number:032x}",
        "isPasswordlessCapable": number % 3 == 0,
        "isMfaRegistered": True,
        "isMfaCapable": True,
        "isSsprCapable": True,
        "isAdmin": False,
        "methodsRegistered": ["mobilePhone", "softwareOneTimePasscode", "windowsHelloForBusiness"],
    }


def sign_in(number):
    return {
        "id": str(uuid.UUID(int=number)),
        "userId": f"{number % USERS:032x}",
        "createdDateTime": "2025-04-20T05:00:00Z",
        "status": {"errorCode": 53003, "failureReason": "Access has been blocked by Conditional Access policies."},
        "ipAddress": "198.51.100.7",
        "location": {"city": "Oslo", "countryOrRegion": "NO", "geoCoordinates": {"latitude": 59.9, "longitude": 10.7}},
        "deviceDetail": {"browser": "Edge 135.0.0", "operatingSystem": "Windows 10"},
        "appliedConditionalAccessPolicies": [_POLICY] * MOST_POLICIES,
    }


def pages(make, count, size):
    found = [[make(number) for number in range(start, min(start + size, count))] for start in range(0, count, size)]
    return [json.dumps({"value": entries})[:-1].encode() for entries in found]


BODIES = {
    "/v1.0/users": pages(user, USERS, PAGE),
    "/v1.0/reports/authenticationMethods/userRegistrationDetails": pages(registration, USERS, PAGE),
    "/v1.0/auditLogs/signIns": pages(sign_in, LOG_PAGES * LOG_PAGE, LOG_PAGE),
}
BODIES["/v1.0/users/delta()"] = BODIES["/v1.0/users"]


async def serve(request):
    bodies = BODIES[request.path]
    place = int(request.query.get("$skiptoken", 0))
    here = f"http://{request.host}{request.path}"
    if place + 1 < len(bodies):
        rest = f', "@odata.nextLink": "{here}?$skiptoken={place + 1}"}}'
    else:
        rest = f', "@odata.deltaLink": "{here}?$deltatoken=1"}}'
    return web.Response(body=bodies[place] + rest.encode(), content_type="application/json")


async def main():
    application = web.Application()
    application.router.add_get("/{path:.*}", serve)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
