"""Makes `.venv` from the hashed requirements; needs nothing but Python itself.

Run by whatever Python the machine has: `python3 -m config.launcher.bootstrap [--dev]`.
A stamp in `.venv` names what is installed, so that the next start installs nothing.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import time
import venv
from importlib.util import find_spec
from pathlib import Path

from config.launcher import ports
from config.launcher.problems import CannotStart

BASE_DIR = Path(__file__).resolve().parent.parent.parent
_VENV = BASE_DIR / ".venv"
_PYTHON = _VENV / "bin" / "python"
_RUN = ("requirements.txt", "requirements-embedded.txt")
_DEV = (*_RUN, "requirements-dev.txt")


def main(arguments: list[str]) -> None:
    """Makes the environment complete and prints the line of this stage."""
    began = time.monotonic()
    files = _DEV if "--dev" in arguments else _RUN
    with (BASE_DIR / _RUN[0]).open() as lock:  # one installation at a time
        fcntl.flock(lock, fcntl.LOCK_EX)
        is_complete = _is_complete(files)
        if not is_complete and files == _RUN:
            _demand_port(os.environ.get("PORT") or "8000")
        done = "ready" if is_complete else _install(files)
    seconds = time.monotonic() - began
    print(f"{'Python environment':<20} {done} ({seconds:.1f} s)", flush=True)


def _is_complete(files: tuple[str, ...]) -> bool:
    wanted = _stamp_text(files)
    stamps = (_stamp(_RUN), _stamp(_DEV)) if files == _RUN else (_stamp(_DEV),)
    return any(stamp.exists() and wanted in stamp.read_text() for stamp in stamps)


def _demand_port(asked: str) -> None:
    """`make run` comes next: a taken port is told before a minute of installing."""
    try:
        ports.for_web(asked)
    except CannotStart as refusal:
        raise SystemExit(str(refusal)) from None


def _install(files: tuple[str, ...]) -> str:
    if not _runs():
        _create()
    for stamp in (_stamp(_RUN), _stamp(_DEV)):
        stamp.unlink(missing_ok=True)
    options = ["--require-hashes", "--no-deps", "-qq", "--no-input"]
    options += ["--disable-pip-version-check", "--progress-bar=off"]
    chosen = [word for name in files for word in ("-r", name)]
    command = [str(_PYTHON), "-m", "pip", "install", *options, *chosen]
    print("Installing Python packages; the first time takes a minute.", flush=True)
    if subprocess.run(command, cwd=BASE_DIR, check=False).returncode != 0:
        raise SystemExit(
            "The Python packages could not be installed (see above): check the "
            "network or set PIP_INDEX_URL to a mirror, then run the same again."
        )
    _stamp(files).write_text(_stamp_text(files))
    return "installed"


def _create() -> None:
    if find_spec("ensurepip") is None or find_spec("venv") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SystemExit(
            "This Python cannot make virtual environments: install its venv module "
            f"(Debian, Ubuntu: apt-get install python{version}-venv)."
        )
    try:
        venv.create(_VENV, with_pip=True, clear=True, symlinks=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise SystemExit(f"{_VENV} could not be made: {error}.") from None


def _runs() -> bool:
    """Tells whether `.venv` has a Python and a pip that start."""
    command = [str(_PYTHON), "-m", "pip", "--version"]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def _stamp(files: tuple[str, ...]) -> Path:
    return _VENV / f".custos-{'dev' if files == _DEV else 'run'}"


def _stamp_text(files: tuple[str, ...]) -> str:
    """One line a file; the lines of `run` are the first ones of `dev`."""
    where = f"python {_PYTHON}\n"
    digests = [hashlib.sha256((BASE_DIR / name).read_bytes()) for name in files]
    named = zip(files, digests, strict=True)
    return where + "".join(f"{name} {found.hexdigest()}\n" for name, found in named)


if __name__ == "__main__":
    main(sys.argv[1:])
