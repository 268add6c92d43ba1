"""Words that are safe to show: nothing from outside may mention, link or format anything in Slack.

Where it can be, an outside string stands in a plain_text or rich_text element, which Slack shows as it is. The
message's own `text`, which notifications and screen readers get, is mrkdwn: there `inert` takes every sign that means
something away. Slack's limits are counted in UTF-16 code units, stricter than any other way of counting.
"""

import re
import unicodedata

ELLIPSIS = "…"
_TOKEN = re.compile(r"(<@[UW][A-Z0-9]{2,30}>|<!date\^[0-9]{1,10}\^[^<>|^&]{1,80}\|[^<>|&]{1,80}>)")
_USER_ID = re.compile(r"[UW][A-Z0-9]{2,30}")
_RATIO = "\N{RATIO}"
_LOW_LINE = "\N{FULLWIDTH LOW LINE}"
_DOT = "\N{ONE DOT LEADER}"
_LOOKALIKES = str.maketrans(
    {
        "*": "\N{ASTERISK OPERATOR}",
        "~": "\N{TILDE OPERATOR}",
        "`": "\N{MODIFIER LETTER GRAVE ACCENT}",
        "@": "\N{FULLWIDTH COMMERCIAL AT}",
        "#": "\N{FULLWIDTH NUMBER SIGN}",
        "|": "\N{DIVIDES}",
    }
)
_EMOJI = re.compile(r":(?=[^\s:]{1,100}:)")
_DOMAIN_DOT = re.compile(r"(?<=\w)\.(?=[^\W\d_]{2})")
_EDGE_UNDERSCORE = re.compile(r"(?<!\w)_|_(?!\w)|(?<=_)_|_(?=_)")
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_SPACES = frozenset({"Zl", "Zp", "Zs"})
_MARKS = frozenset({"Mn", "Me"})
MOST_MARKS = 2
"""Combining marks kept on one letter: enough for any language, too few to paint over the line above."""


def length(value: str) -> int:
    """UTF-16 code units."""
    return len(value.encode("utf-16-le", "surrogatepass")) // 2


def clean(value: str) -> str:
    """One line without control, bidi, invisible or unassigned characters."""
    kept: list[str] = []
    marks = 0
    for character in value:
        category = unicodedata.category(character)
        marks = marks + 1 if category in _MARKS else 0
        if category in _SPACES or character in "\t\n\r\v\f\x85":
            kept.append(" ")
        elif category not in _DROPPED and marks <= MOST_MARKS:
            kept.append(character)
    return " ".join("".join(kept).split())


def shorten(value: str, most: int) -> str:
    """Cleaned, and no longer than `most` UTF-16 code units, with an ellipsis where something is missing."""
    cleaned = clean(value[: most * 8 + 64])
    if length(cleaned) <= most:
        return cleaned
    units = cleaned.encode("utf-16-le")[: 2 * (most - 1)]
    return units.decode("utf-16-le", "ignore").rstrip() + ELLIPSIS


def plain(value: str, most: int, *, otherwise: str = "(no text)") -> str:
    """For plain_text and rich_text: shortened, and never empty, which Slack would refuse."""
    return shorten(value, most) or otherwise


def escape(value: str) -> str:
    """The three characters that Slack reads as markup. The ampersand first."""
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def inert(value: str, most: int) -> str:
    """For mrkdwn: nothing in it formats, links, mentions or becomes an emoji. Signs that would give way to look-alikes.

    An underscore within a word and a colon within a time mean nothing to Slack, so they stay.
    """
    shown = shorten(value, most).translate(_LOOKALIKES)
    while _EMOJI.search(shown):
        shown = _EMOJI.sub(_RATIO, shown)
    shown = shown.replace("://", f"{_RATIO}//")
    shown = _EDGE_UNDERSCORE.sub(_LOW_LINE, shown)
    return escape(_DOMAIN_DOT.sub(_DOT, shown))


def pieces(value: str, most: int) -> list[tuple[str, bool]]:
    """A sentence of ours taken apart: words, and tokens in Slack's form that mention a person or state a time (True).

    Whatever stands between the tokens is not trusted. Spaces at the ends of words stay.
    """
    found: list[tuple[str, bool]] = []
    for index, piece in enumerate(_TOKEN.split(value)):
        if index % 2:
            found.append((piece, True))
        elif piece:
            before, after = " " * piece[0].isspace(), " " * piece[-1].isspace()
            shown = shorten(piece, max(1, most))
            if found or shown:
                found.append((before + shown + after if shown else " ", False))
        most -= length(piece)
        if most <= 0:
            break
    return found


def sentence(value: str, most: int = 2_900) -> str:
    """A sentence of ours for mrkdwn: mentions and times stay, all else is inert."""
    shown = [piece if is_token else _keeping_ends(piece) for piece, is_token in pieces(value, most)]
    return "".join(shown).strip() or "(no text)"


def _keeping_ends(piece: str) -> str:
    return " " * piece[0].isspace() + inert(piece, 3_000) + " " * (piece[-1].isspace() and bool(piece.strip()))


def mention(user_id: str | None) -> str:
    """A mention in mrkdwn. Whatever is no user id is not mentioned."""
    if user_id is not None and _USER_ID.fullmatch(user_id):
        return f"<@{user_id}>"
    return inert(user_id or "", 40) or "somebody"


def is_user_id(value: str) -> bool:
    """Whether it has the form of a Slack user id."""
    return _USER_ID.fullmatch(value) is not None


def number(value: int) -> str:
    """With thousands separators: 1,204."""
    return f"{value:,}"


def counted(value: int, one: str, many: str = "") -> str:
    """1 user, 1,204 users."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"
