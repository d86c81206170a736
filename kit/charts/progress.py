"""Lays out progress: the done part solid, the held part hatched, the rest empty."""

from dataclasses import dataclass

from kit.charts.scale import percent


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far something is; `held` was left in place and will not be done."""

    title: str
    total: int
    done: int
    held: int = 0
    segments: int = 1
    is_ok: bool = False
    is_bad: bool = False

    @property
    def tone(self) -> str:
        """The last part of the class that colors what is done."""
        if self.is_bad:
            return "bad"
        return "ok" if self.is_ok else "done"


@dataclass(frozen=True, kw_only=True)
class ProgressLayout:
    """The bar in percent of its width."""

    progress: Progress
    done: str
    held_x: str
    held: str
    height: int
    gaps: tuple[str, ...]


def lay_out(progress: Progress) -> ProgressLayout:
    """A total of zero is an empty bar, never a full one."""
    total = max(progress.total, 1)
    done = min(progress.done, total) / total * 100
    held = min(progress.held, total - min(progress.done, total)) / total * 100
    return ProgressLayout(
        progress=progress,
        done=percent(done),
        held_x=percent(done),
        held=percent(held),
        height=8 if progress.segments > 1 else 14,
        gaps=tuple(
            percent(number * 100 / progress.segments)
            for number in range(1, progress.segments)
        ),
    )


RING_RADIUS = 15.0
RING_LENGTH = 2 * 3.14159265 * RING_RADIUS


def ring_dash(*, done: int, total: int) -> str:
    """`stroke-dasharray` of a ring of radius 15 that is `done` of `total` full."""
    share = min(done, total) / total if total else 0
    return f"{share * RING_LENGTH:.2f} {RING_LENGTH:.2f}"
