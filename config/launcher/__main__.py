"""The launcher's verbs: `python -m config.launcher run|stop|demo-reset`."""

import os
import signal
import sys
from pathlib import Path

from config.launcher import child, problems, reset, start, stop
from config.launcher.home import Home
from config.launcher.problems import CannotStart
from config.launcher.surroundings import BASE_DIR


def main(verb: str) -> None:
    """Do one verb for the installation that CUSTOS_HOME names."""
    path = Path(os.environ.get("CUSTOS_HOME") or BASE_DIR / ".custos")
    try:
        home = Home.at(path)
        if verb == "run":
            if "MAKELEVEL" in os.environ:
                child.end_with_parent(signal.SIGTERM)  # `kill -9` of make ends us too
            start.run(home, os.environ)
        elif verb == "stop":
            stop.stop(home)
        elif verb == "demo-reset":
            reset.reset(home, os.environ)
        else:
            raise CannotStart("Say run, stop or demo-reset.")
    except CannotStart as refusal:
        raise SystemExit(str(refusal)) from None
    except OSError as error:
        raise SystemExit(problems.sentence(error, home=path)) from error


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
