"""A real process that sweeps, and dies at a call or sees a server die there.

Forked from a parent that has everything loaded and no connection open, so that one
interleaving costs a fraction of a second.
"""

import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from audit.log import sequencer
from tests.harness import forks
from tests.retention.crashes import oracle
from tests.retention.crashes.calls import watched
from tests.retention.crashes.site import Site
from tests.retention.crashes.sweeping import whole_sweep

_KILL, _RECOVER, _STORY = b"k", b"r", b":"


@dataclass(frozen=True, kw_only=True)
class _Pipes:
    """From child to parent and back."""

    hears: int
    says: int

    def ask(self, what: bytes) -> None:
        os.write(self.says, what)
        os.read(self.hears, 1)


@dataclass(frozen=True)
class Child:
    """`kill` takes a server away in its stead."""

    site: Site
    dies_at: int = -1
    kill: Callable[[], None] | None = None

    def run(self) -> str:
        """Returns the stores it called; raises what it died of, if not of the kill."""
        hears, says = os.pipe()
        child_hears, child_says = os.pipe()
        if not (child := os.fork()):
            self._sweep(_Pipes(hears=child_hears, says=says))
        os.close(says)
        os.close(child_hears)
        story = self._answer(_Pipes(hears=hears, says=child_says))
        os.close(hears)
        os.close(child_says)
        was_killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
        must_die = self.dies_at >= 0 and self.kill is None
        if was_killed != must_die or story.startswith("Traceback"):
            raise AssertionError(f"at call {self.dies_at}: {story}")
        return story

    def _answer(self, pipes: _Pipes) -> str:
        while (asked := os.read(pipes.hears, 1)) in (_KILL, _RECOVER):
            if asked == _KILL and self.kill:
                self.kill()
            elif asked == _RECOVER:
                self.site.start()
                self.site.lapse()
            os.write(pipes.says, b"!")
        with os.fdopen(os.dup(pipes.hears)) as told:
            return told.read()

    def _sweep(self, pipes: _Pipes) -> None:
        stores: list[str] = []

        def point(store: str) -> None:
            stores.append(store)
            if len(stores) - 1 == self.dies_at:
                if self.kill is None:
                    os.kill(os.getpid(), signal.SIGKILL)
                pipes.ask(_KILL)

        def recover() -> None:
            if self.kill:
                pipes.ask(_RECOVER)

        story = ""
        try:
            forks.begin_anew()
            # A process that starts has looked for nothing yet.
            sequencer._publish_once.cache_clear()
            with watched(point):
                whole_sweep(lambda: oracle.is_over(self.site), recover)
            story = " ".join(stores)
        except BaseException:  # noqa: BLE001 -- told to the parent, whatever it is
            story = traceback.format_exc()
        with os.fdopen(pipes.says, "wb") as said:
            said.write(_STORY + story.encode())
        os._exit(0)
