"""Hands the conversations of many files on in batches of bounded size."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from workspaces.content.formats import containers, registry
from workspaces.content.formats.containers import Budget
from workspaces.content.formats.drafts import ConversationDraft
from workspaces.content.formats.limits import Limits
from workspaces.content.formats.registry import Format

_CONVERSATIONS = 200
_NODES = 10_000
_BYTES_READ = 8 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Conversations that are looked at, or written, together."""

    drafts: list[ConversationDraft]
    open_member: Callable[[str], BinaryIO] | None


def batches(*, files: Sequence[Path], form: Format, limits: Limits) -> Iterator[Batch]:
    """Every conversation once, in the order of the files; ImportRefused on a flaw.

    What is held at a time is bounded in conversations, nodes and bytes read.
    """
    budget = Budget(limits)
    for file in files:
        with containers.opened(file, budget=budget) as documents:
            for document in documents:
                drafts = registry.read(document, form=form, limits=limits)
                for part in _parts(drafts, budget):
                    yield Batch(drafts=part, open_member=document.open_member)


def _parts(
    drafts: Iterator[ConversationDraft], budget: Budget
) -> Iterator[list[ConversationDraft]]:
    part: list[ConversationDraft] = []
    nodes, begun_at = 0, budget.spent
    for draft in drafts:
        part.append(draft)
        nodes += len(draft.nodes)
        is_heavy = nodes >= _NODES or budget.spent - begun_at >= _BYTES_READ
        if len(part) >= _CONVERSATIONS or is_heavy:
            yield part
            part, nodes, begun_at = [], 0, budget.spent
    if part:
        yield part
