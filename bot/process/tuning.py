"""What is asked of the interpreter so that its event loop never stands still for long: clicks are waiting.

Measured with `python -m tests.bench.whole_process` (20,000 flagged of 60,000 users); the bound is a pause of 50 ms.
"""

import gc
import sys

_HARDLY_EVER = 10_000
"""Collections of the middle generation before the oldest is gone over unasked."""
_TURN = 0.001
"""Seconds that a thread computes before it lets another one: the event loop waits for one turn of each thread that
judges tens of thousands of users. Python's own 5 ms made that tens of milliseconds."""


def shorten_pauses() -> None:
    """For the whole process, once its libraries are loaded and before its event loop begins.

    A collection of everything takes a tenth of a second in the middle of work, and nothing else runs meanwhile. So what
    the libraries made is left out of it, and it is done where little lives (`collect_garbage`) instead of unasked.
    """
    gc.collect()
    set_aside_what_lives()
    gc.set_threshold(*gc.get_threshold()[:2], _HARDLY_EVER)
    sys.setswitchinterval(_TURN)


def set_aside_what_lives() -> None:
    """What was made so far lives as long as the process: the collector looks at it no more."""
    gc.freeze()


def collect_garbage() -> None:
    """What the collector does not do by itself any more. For quiet moments."""
    gc.collect()
