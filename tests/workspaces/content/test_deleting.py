"""The primitives behind the one door of deletion."""

from datetime import timedelta
from typing import Any

from tests.workspaces.content.conftest import NOON, Importer
from tests.workspaces.content.files import SAMPLES
from workspaces.content import deleting
from workspaces.content.models import Conversation


def test_marking_keeps_the_first_mark_and_counts_new_ones(
    import_files: Importer, scope: Any
) -> None:
    import_files(SAMPLES / "chatgpt" / "mikegraham-minimal.json")
    with scope():
        first, second, *_others = Conversation.objects.order_by("id")
        deleting.mark_deleted(ids=[first.pk], by="member", at=NOON)

        marked = deleting.mark_deleted(
            ids=[first.pk, second.pk], by="api", at=NOON + timedelta(hours=1)
        )

        found = Conversation.objects.in_bulk([first.pk, second.pk])
    assert marked == 1
    assert (found[first.pk].deleted_by, found[first.pk].deleted_at) == ("member", NOON)
    assert found[second.pk].deleted_by == "api"


def test_unmarking_brings_back_what_was_marked(
    import_files: Importer, scope: Any
) -> None:
    import_files(SAMPLES / "chatgpt" / "mikegraham-minimal.json")
    with scope():
        ids = list(Conversation.objects.order_by("id").values_list("id", flat=True))
        deleting.mark_deleted(ids=ids[:2], by="member", at=NOON)

        back = deleting.unmark(ids=ids)

        assert back == 2
        assert not Conversation.objects.filter(deleted_at__isnull=False).exists()
