"""`python -m sim`: the demo, in a process of its own."""

import argparse
import asyncio
import sys

from sim.demo import play


def main() -> int:
    """Play the demo as the options say; gives the exit code."""
    options = argparse.ArgumentParser(prog="python -m sim", description=play.__doc__)
    options.add_argument("--port", type=int, default=8080, help="where the page is served; 0 takes a free port")
    options.add_argument("--auto", action="store_true", help="play both admins; exit 0 when all is verified")
    given = options.parse_args()
    return asyncio.run(play(port=given.port, auto=given.auto))


if __name__ == "__main__":
    sys.exit(main())
