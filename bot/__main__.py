"""`python -m bot` is the same as `countersign`."""

from bot.cli import main

main()
