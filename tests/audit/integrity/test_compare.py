"""A head that somebody kept elsewhere, pasted into the Integrity page."""

from pathlib import Path

import pytest
from django.test import Client

from audit.log import checkpoints
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


@pytest.mark.parametrize("url", [PAGE, HERE])
def test_a_log_that_grew_holds_the_head_that_was_kept(
    where: WorkspaceRef, mara: Client, url: str
) -> None:
    kept = _head(where)
    assert "that you kept: proven" in _compared(mara, kept, url=url)
    _record(where, 300)

    # As a form sends it, and as it was copied without its last line's end.
    for text in (kept.replace("\n", "\r\n"), kept.strip()):
        assert "that you kept: proven" in _compared(mara, text, url=url)


def test_a_log_that_was_rewritten_does_not(where: WorkspaceRef, mara: Client) -> None:
    kept = _head(where)
    _rewrite(where)

    page = _compared(mara, kept)

    assert "does not hold the head" in page
    assert "proven from its tree" not in page
    assert "that you kept: proven" in _compared(mara, _head(where))


def test_a_head_beyond_the_log_is_missing_from_it(
    where: WorkspaceRef, mara: Client
) -> None:
    """As after a restored backup: what was kept is newer than what is there."""
    shorter = _head(where)
    _record(where, 5)
    kept = _head(where)
    assert int(kept.split("\n")[1]) > int(shorter.split("\n")[1])
    _rewrite(where)

    assert "does not hold the head" in _compared(mara, kept)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.split("\n")[0],
        lambda text: text.partition("\n\n")[0],
        lambda text: text.replace("\n", " "),
        lambda text: text.replace(text.split("\n")[1], "9" * 3_000, 1),
        lambda _text: "\N{SNOWMAN}" * 100,
        lambda _text: "x/" + "9" * 2_000 + "\n1\n" + "A" * 43 + "=\n",
        lambda text: text + "x" * 5_000,
        lambda _text: "",
    ],
)
def test_what_is_no_checkpoint_is_refused_in_words(
    where: WorkspaceRef, mara: Client, damage
) -> None:
    page = _compared(mara, damage(_head(where)), status=422)

    assert "c-error" in page
    assert "that you kept: proven" not in page


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
