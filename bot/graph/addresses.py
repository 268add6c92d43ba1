"""Which addresses may be called: one origin, and over plain http only on this machine."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

_PORTS = {"http": 80, "https": 443}

AUTHORITIES = {
    "graph.microsoft.us": "login.microsoftonline.us",
    "dod-graph.microsoft.us": "login.microsoftonline.us",
    "microsoftgraph.chinacloudapi.cn": "login.chinacloudapi.cn",
}
"""Where each national cloud issues tokens. Source: Microsoft Graph, "National cloud deployments"."""


def is_loopback(url: str) -> bool:
    """Whether the address is on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def checked(graph_url: str, *, has_access_token: bool) -> str:
    """The address of Graph without a slash at its end. Raises ValueError with the fault and the mend.

    A ready-made token is for an invented tenant on this machine only, and a real credential never goes there.
    """
    parts = urlsplit(graph_url)
    extras = (parts.username, parts.path.strip("/"), parts.query, parts.fragment)
    if parts.scheme not in _PORTS or not parts.hostname or any(extras):
        raise ValueError("GRAPH_URL is not an address like https://graph.microsoft.com")
    if is_loopback(graph_url) != has_access_token:
        raise ValueError(
            "an access token is for a GRAPH_URL on this machine only: remove it"
            if has_access_token
            else "a GRAPH_URL on this machine needs an access token: no real credential is sent there"
        )
    if parts.scheme != "https" and not has_access_token:
        raise ValueError("GRAPH_URL must begin with https://")
    return graph_url.rstrip("/")


def is_same_origin(link: str, graph_url: str) -> bool:
    """Whether a link that Graph sent stays on Graph's scheme, host and port, and carries no user name."""
    try:
        there, home = urlsplit(link), urlsplit(graph_url)
        return there.username is None and there.password is None and _origin(there) == _origin(home)
    except ValueError:
        return False


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    return parts.scheme.lower(), (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme.lower())
