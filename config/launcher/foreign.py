"""Makes environments of their own for programs that nothing of ours imports.

Canaille, an authorization server that tests run, brings packages whose names clash with
ours; what `make bench` compares the audit log with has no place in a product. A stamp
names what is installed, so that the next run installs nothing.
"""

import hashlib
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from config.launcher.surroundings import BASE_DIR

_OPTIONS = (
    *("--require-hashes", "--no-deps", "-qq", "--no-input"),
    *("--disable-pip-version-check", "--progress-bar=off"),
)


@dataclass(frozen=True)
class Environment:
    """The folder `.venv-<name>` with the packages of `requirements-<name>.txt`."""

    name: str

    @property
    def python(self) -> Path:
        """The interpreter that sees its packages."""
        return self._folder / "bin" / "python"

    def is_there(self) -> bool:
        """Whether the environment is complete."""
        return self._stamp.exists() and self._stamp.read_text() == self._wanted()

    def install(self) -> str:
        """Makes it anew; what failed, or nothing."""
        try:
            venv.create(self._folder, with_pip=True, clear=True, symlinks=True)
        except (OSError, subprocess.CalledProcessError) as error:
            return f"{self._folder} could not be made ({error})"
        command = [str(self.python), "-m", "pip", "install", *_OPTIONS]
        command += ["-r", str(self._requirements)]
        if subprocess.run(command, stdout=sys.stderr, check=False).returncode != 0:
            return "its Python packages could not be installed (see above)"
        self._stamp.write_text(self._wanted())
        return ""

    @property
    def _folder(self) -> Path:
        return BASE_DIR / f".venv-{self.name}"

    @property
    def _requirements(self) -> Path:
        return BASE_DIR / f"requirements-{self.name}.txt"

    @property
    def _stamp(self) -> Path:
        return self._folder / ".custos"

    def _wanted(self) -> str:
        version = ".".join(map(str, sys.version_info[:2]))
        digest = hashlib.sha256(self._requirements.read_bytes()).hexdigest()
        return f"python {version}\n{digest}\n"


CANAILLE = Environment("canaille")
PEERS = Environment("peers")
