"""Asks the launcher of a home to end, and waits until it has."""

import os
import signal
import time

from config.launcher.home import Home, holder
from config.launcher.problems import CannotStart
from config.launcher.progress import say

_SECONDS = 90


def stop(home: Home) -> None:
    """End a running installation; saying so when there is none."""
    process = holder(home)
    if process is None:
        say(f"Nothing is running from {home.path}.")
        return
    os.kill(process, signal.SIGTERM)
    until = time.monotonic() + _SECONDS
    while holder(home) is not None:
        if time.monotonic() > until:
            raise CannotStart(f"The launcher (process {process}) does not end.")
        time.sleep(0.1)
    say("Custos has stopped.")
