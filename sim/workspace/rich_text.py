"""The rules for rich text, from docs.slack.dev/reference/block-kit/blocks/rich-text-block."""

from sim.workspace.rules import Rule, array, flag, kinds, record, text, whole

_MARKS = record({}, {"bold": flag(), "italic": flag(), "strike": flag(), "code": flag(), "underline": flag()})
_STYLE: dict[str, Rule] = {"style": _MARKS}

_INLINE = kinds(
    {
        "text": record({"text": text()}, _STYLE),
        "link": record({"url": text(most=3000)}, {"text": text(), "unsafe": flag(), **_STYLE}),
        "emoji": record({"name": text()}, {"unicode": text(), **_STYLE}),
        "user": record({"user_id": text()}, _STYLE),
        "usergroup": record({"usergroup_id": text()}, _STYLE),
        "channel": record({"channel_id": text()}, _STYLE),
        "broadcast": record({"range": text(choices=("here", "channel", "everyone"))}),
        "date": record({"timestamp": whole(least=0), "format": text()}, {"url": text(), "fallback": text(), **_STYLE}),
        "color": record({"value": text()}),
    }
)
_SECTION = record({"elements": array(_INLINE)})

RICH_TEXT_ELEMENT = kinds(
    {
        "rich_text_section": _SECTION,
        "rich_text_list": record(
            {"style": text(choices=("bullet", "ordered")), "elements": array(kinds({"rich_text_section": _SECTION}))},
            {"indent": whole(least=0, most=8), "offset": whole(least=0), "border": whole(least=0, most=1)},
        ),
        "rich_text_preformatted": record({"elements": array(_INLINE)}, {"border": whole(least=0, most=1)}),
        "rich_text_quote": record({"elements": array(_INLINE)}, {"border": whole(least=0, most=1)}),
    }
)
