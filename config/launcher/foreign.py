"""Makes an environment of its own for a program that tests run and nothing imports.

Canaille, an authorization server, brings packages whose names clash with ours. A stamp
names what is installed, so that the next run installs nothing.
"""

import hashlib
import subprocess
import sys
import venv

from config.launcher.surroundings import BASE_DIR

_FOLDER = BASE_DIR / ".venv-canaille"
_REQUIREMENTS = BASE_DIR / "requirements-canaille.txt"
_STAMP = _FOLDER / ".custos"
PYTHON = _FOLDER / "bin" / "python"
_OPTIONS = (
    *("--require-hashes", "--no-deps", "-qq", "--no-input"),
    *("--disable-pip-version-check", "--progress-bar=off"),
)


def is_there() -> bool:
    """Whether the environment is complete."""
    return _STAMP.exists() and _STAMP.read_text() == _wanted()


def install() -> str:
    """Makes it anew; what failed, or nothing."""
    try:
        venv.create(_FOLDER, with_pip=True, clear=True, symlinks=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"{_FOLDER} could not be made ({error})"
    command = [str(PYTHON), "-m", "pip", "install", *_OPTIONS, "-r", str(_REQUIREMENTS)]
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode != 0:
        return "its Python packages could not be installed (see above)"
    _STAMP.write_text(_wanted())
    return ""


def _wanted() -> str:
    version = ".".join(map(str, sys.version_info[:2]))
    digest = hashlib.sha256(_REQUIREMENTS.read_bytes()).hexdigest()
    return f"python {version}\n{digest}\n"
