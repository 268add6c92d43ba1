"""Ask for a one-time code: from the keyboard without showing it, or a line of standard input for programs."""

import sys

import typer


def ask_code(prompt: str = "One-time code") -> str:
    """What was typed."""
    if sys.stdin.isatty():
        return str(typer.prompt(prompt, hide_input=True))
    typer.echo(f"{prompt}: ", nl=False, err=True)
    return sys.stdin.readline().strip()
