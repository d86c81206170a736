"""Proof of deletion: what a person deleted, and the receipt of each."""

from uuid import uuid4

from retention.receipts import documents
from tests.retention.certificates.test_find import deleted, held, purged, vkey
from tests.retention.conftest import Stage

URL = "/me/receipts/"


def test_before_anything_is_deleted_the_page_teaches(stage: Stage) -> None:
    page = stage.member.client().get(URL).content.decode()

    assert "You have deleted nothing here" in page


def test_what_is_gone_has_a_receipt_and_what_waits_says_so(stage: Stage) -> None:
    gone = purged(stage)
    waits = deleted(stage, at=1)
    stage.sweep()

    page = stage.member.client().get(URL).content.decode()

    assert f"{URL}{gone}/" in page
    assert f"{URL}{waits}/" not in page
    assert "Purged" in page
    assert "Waits" in page


def test_the_receipt_is_the_one_that_verifies(stage: Stage) -> None:
    gone = purged(stage)
    client = stage.member.client()

    page = client.get(f"{URL}{gone}/").content.decode()
    file = client.get(f"{URL}{gone}/file/")

    assert "Certificate of deletion" in page
    assert documents.verified(file.content, vkey=vkey())["outcome"] == "purged"


def test_what_a_hold_keeps_is_named_without_the_matter(stage: Stage) -> None:
    kept = held(stage)

    page = stage.member.client().get(f"{URL}{kept}/").content.decode()

    assert "A legal hold covers it" in page
    assert "Harbor" not in page


def test_nobody_gets_the_receipt_of_another_person(stage: Stage) -> None:
    gone = purged(stage)

    assert stage.other.client().get(f"{URL}{gone}/").status_code == 404
    assert stage.other.client().get(f"{URL}{gone}/file/").status_code == 404
    assert stage.member.client().get(f"{URL}{uuid4()}/").status_code == 404
