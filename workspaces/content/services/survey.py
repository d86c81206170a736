"""Looks at every conversation of an import once, before anything is written."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from workspaces.content.formats.drafts import ConversationDraft
from workspaces.content.tree import Damage

_LISTED = 1_000
_SENTENCES: dict[Damage, str | Promise] = {
    Damage.NO_TREE: gettext_lazy("it has no messages"),
    Damage.LOST_PARENT: gettext_lazy("the parent of a message is not in the file"),
    Damage.LOST_CHILD: gettext_lazy("the child of a message is not in the file"),
    Damage.LOST_CURRENT: gettext_lazy("the current message is not in the file"),
    Damage.LINKS_DISAGREE: gettext_lazy("parents and children disagree"),
    Damage.CYCLE: gettext_lazy("its messages form a cycle, which was cut"),
}


class Survey:
    """What the files hold, counted while they are checked."""

    def __init__(self) -> None:
        self.conversations = 0
        self.latest: datetime | None = None
        self.sources: set[str] = set()
        self._undated = 0
        self._damaged = 0
        self._sentences: list[str] = []

    def add(self, drafts: Sequence[ConversationDraft]) -> None:
        """Counts conversations that were read without a flaw."""
        for draft in drafts:
            self.conversations += 1
            self.sources.add(draft.source)
            self._undated += draft.last_activity_at is None
            if draft.last_activity_at is not None:
                known = self.latest or draft.last_activity_at
                self.latest = max(known, draft.last_activity_at)
            if draft.damage:
                self._tell(_damage(draft))

    def keep_beside(self, draft: ConversationDraft) -> None:
        """Tells of a conversation whose id another one of the files has too."""
        self._tell(
            _("%(place)s has the id of another conversation; both were kept.")
            % {"place": draft.place}
        )

    def _tell(self, sentence: str) -> None:
        self._damaged += 1
        if self._damaged <= _LISTED:
            self._sentences.append(sentence)

    @property
    def damaged(self) -> int:
        """How many conversations were damaged and are kept all the same."""
        return self._damaged

    def warnings(self, *, dates_are_spread: bool) -> tuple[str, ...]:
        """One sentence per damaged conversation, and one about missing dates."""
        sentences = list(self._sentences)
        if self._damaged > _LISTED:
            more = self._damaged - _LISTED
            sentences.append(_("%(n)s more are damaged.") % {"n": f"{more:,}"})
        if self._undated and not dates_are_spread:
            sentences.append(
                _("%(n)s conversations carry no date: they count from this import.")
                % {"n": f"{self._undated:,}"}
            )
        return tuple(sentences)


def _damage(draft: ConversationDraft) -> str:
    found = "; ".join(str(_SENTENCES[one]) for one in sorted(draft.damage))
    return _("%(place)s was kept, but %(found)s.") % {
        "place": draft.place,
        "found": found,
    }
