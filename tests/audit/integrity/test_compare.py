"""A head that somebody kept elsewhere, pasted into the Integrity page."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connections, transaction
from django.test import Client

from audit.log import checkpoints, epochs
from tests import cast
from tests.audit.integrity.test_page import HERE, PAGE, _record, _rewrite
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def where(checkpoint_folder: Path) -> WorkspaceRef:
    found = cast.workspace()
    _record(found, 3)
    return found


@pytest.fixture
def mara(where: WorkspaceRef) -> Client:
    return cast.owner(where).client()


def _head(where: WorkspaceRef) -> str:
    text = checkpoints.published(where.organization.public_id)
    assert text is not None
    return text


def _compared(client: Client, text: str, *, url: str = PAGE, status: int = 200) -> str:
    response = client.post(url, {"checkpoint": text})
    assert response.status_code == status
    return response.content.decode()


HOLDS = "that you kept is part of this log: proven from its tree"
LACKS = "that you kept is not part of this log"


@pytest.mark.parametrize("url", [PAGE, HERE])
def test_a_log_that_grew_holds_the_head_that_was_kept(
    where: WorkspaceRef, mara: Client, url: str
) -> None:
    kept = _head(where)
    assert "is the newest one of this log" in _compared(mara, kept, url=url)
    _record(where, 300)

    # As a form sends it, and as it was copied without its last line's end.
    for text in (kept.replace("\n", "\r\n"), kept.strip()):
        assert HOLDS in _compared(mara, text, url=url)


def test_a_later_epoch_holds_the_head_of_an_earlier_one(
    where: WorkspaceRef, mara: Client
) -> None:
    kept = _head(where)
    _record(where)
    epochs.open_epoch()
    _record(where)
    assert checkpoints.epoch_of(_head(where)) == checkpoints.epoch_of(kept) + 1

    assert HOLDS in _compared(mara, kept)


def test_a_log_that_was_rewritten_does_not(where: WorkspaceRef, mara: Client) -> None:
    kept = _head(where)
    _rewrite(where)

    page = _compared(mara, kept)

    assert LACKS in page
    assert HOLDS not in page


def test_beside_an_alarm_nothing_comforts_and_nothing_is_remembered(
    where: WorkspaceRef, mara: Client
) -> None:
    kept = _head(where)
    _rewrite(where)

    for _time in range(2):
        page = _compared(mara, kept)
        assert LACKS in page
        assert "this browser" not in page.lower()
    assert not any(name.startswith("custos-log-") for name in mara.cookies)


def test_a_head_that_is_no_note_is_an_alarm_and_no_failure(
    where: WorkspaceRef, mara: Client
) -> None:
    kept = _head(where)
    for text in ("junk", "x/1\n1\nü\n\n— x ü\n"):
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            cursor.execute("set local custos.audit_door = 'open'")
            cursor.execute("update audit_block set note = %s", [text])

        assert "another head" in _compared(mara, kept)


def test_a_head_beyond_the_log_is_missing_from_it(
    where: WorkspaceRef, mara: Client
) -> None:
    """As after a restored backup: what was kept is newer than what is there."""
    _record(where, 5)
    kept = _head(where)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("set local custos.audit_door = 'open'")
        cursor.execute(
            "delete from audit_entry where id in (select max(id) from audit_entry"
            " where organization_id = %s)",
            [where.organization.id],
        )
    _rewrite(where)
    assert _size(_head(where)) == _size(kept) - 1

    assert LACKS in _compared(mara, kept)


def test_where_nothing_is_sealed_there_is_nothing_to_compare(
    checkpoint_folder: Path,
) -> None:
    owner = cast.owner(cast.workspace()).client()

    assert "Compare with a head" not in owner.get(PAGE).content.decode()
    assert "c-error" not in _compared(owner, "x", status=422)


def _size(note: str) -> int:
    return int(note.split("\n")[1])


def _resized(text: str) -> str:
    lines = text.split("\n")
    return "\n".join([lines[0], "9" * 3_000, *lines[2:]])


NO_CHECKPOINT = "This is no whole checkpoint"


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda text: text.split("\n")[0], NO_CHECKPOINT),
        (lambda text: text.partition("\n\n")[0], NO_CHECKPOINT),
        (lambda text: text.rpartition(" ")[0], NO_CHECKPOINT),
        (lambda text: text.replace("\n", " "), NO_CHECKPOINT),
        (lambda text: text.replace("\n\n", "\nprevious 1 1 ü\n\n"), NO_CHECKPOINT),
        (lambda text: text.rpartition(" ")[0] + " ü", NO_CHECKPOINT),
        (lambda _text: "x/1\n1\nü\n\n— x/1 AAAA", NO_CHECKPOINT),
        (_resized, "No key of this log signed this"),
        (lambda _text: "\N{SNOWMAN}" * 100, NO_CHECKPOINT),
        (
            lambda text: "x/" + "9" * 2_000 + text[text.index("\n") :],
            "another log: x/9",
        ),
        (lambda text: "<b>/1" + text[text.index("\n") :], "another log: &lt;b&gt;/1"),
        (lambda text: text + "x" * 5_000, "at most 4000 characters"),
        (lambda _text: "", "required"),
    ],
    ids=range(13),
)
def test_what_is_no_checkpoint_of_this_log_is_refused_in_words(
    where: WorkspaceRef, mara: Client, damage: Callable[[str], str], sentence: str
) -> None:
    page = _compared(mara, damage(_head(where)), status=422)

    assert sentence in page
    assert HOLDS not in page


def test_what_this_log_never_signed_is_no_proof_of_anything(
    where: WorkspaceRef, mara: Client
) -> None:
    lines = _head(where).split("\n")
    lines[2] = "A" * 43 + "="

    assert "No key of this log signed this" in _compared(
        mara, "\n".join(lines), status=422
    )


def test_the_head_of_another_log_is_named(where: WorkspaceRef, mara: Client) -> None:
    other = cast.elsewhere()
    _record(other)

    page = _compared(mara, _head(other), status=422)

    assert "the head of another log" in page
    assert _head(other).split("\n")[0] in page


def test_strangers_and_members_without_the_permission_compare_nothing(
    where: WorkspaceRef,
) -> None:
    kept = {"checkpoint": _head(where)}
    stranger = cast.owner(cast.elsewhere()).client()

    assert stranger.post(PAGE, kept).status_code == 404
    assert cast.member(where).client().post(HERE, kept).status_code == 403
