"""`.env.example`, made from the settings themselves: `python -m bot.settings.env_example > .env.example`."""

from collections.abc import Iterator

from pydantic_core import PydanticUndefined

from bot.settings import Settings

_AZURE = """\
# How the bot proves itself to Entra is azure-identity's to read: a managed identity or workload identity needs nothing
# here; an app registration needs these and a certificate (or, worse, a secret).
#AZURE_CLIENT_ID=
#AZURE_CLIENT_CERTIFICATE_PATH=
#AZURE_CLIENT_SECRET="""


def lines() -> Iterator[str]:
    """One variable after the other: what it is for, then name and default. What has to be set stands uncommented."""
    yield "# Every setting of `countersign run`. What stands without # has to be set. Durations read like 30s, 5m, 4h."
    for field in sorted(Settings.model_fields.values(), key=lambda field: not field.is_required()):
        yield ""
        yield f"# {field.description}"
        if field.is_required():
            yield f"{field.alias}="
        else:
            yield f"#{field.alias}={_as_written(field.default)}"
    yield ""
    yield _AZURE


def _as_written(default: object) -> object:
    if isinstance(default, bool):
        return "yes" if default else "no"
    return "" if default is PydanticUndefined or default in (None, (), {}) else default


if __name__ == "__main__":
    print("\n".join(lines()))  # noqa: T201 - its output is the file
