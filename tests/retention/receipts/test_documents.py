"""Receipts are checked with one file and a public key; anything changed is refused."""

import json
import os

import pytest

from kit.signing import SigningKey
from retention.receipts import documents
from retention.receipts.documents import ReceiptRefused

KEY = SigningKey(os.urandom(32))
VKEY = KEY.named(documents.KEY_NAME).vkey
DOCUMENT = {"sweep": "0b1c", "result": {"purged": 3}, "vault": "Zerstört"}


def receipt() -> bytes:
    return documents.signed(DOCUMENT, key=KEY).file


def changed(edit) -> bytes:
    content = json.loads(receipt())
    edit(content)
    return json.dumps(content).encode()


def test_a_receipt_verifies_and_gives_its_document():
    assert documents.verified(receipt(), vkey=VKEY) == {"v": 1, **DOCUMENT}


def test_the_layout_of_the_file_does_not_matter():
    compact = json.dumps(json.loads(receipt()), separators=(",", ":")).encode()

    assert documents.verified(compact, vkey=VKEY)["result"] == {"purged": 3}


@pytest.mark.parametrize(
    "edit",
    [
        lambda content: content["receipt"]["result"].update(purged=2),
        lambda content: content["receipt"].update(extra=1),
        lambda content: content["receipt"].pop("vault"),
        lambda content: content["receipt"].update(v=2),
        lambda content: content["signature"].update(value="AAAA"),
        lambda content: content.pop("signature"),
        lambda content: content.update(receipt=[]),
    ],
)
def test_any_change_is_refused(edit):
    with pytest.raises(ReceiptRefused):
        documents.verified(changed(edit), vkey=VKEY)


def test_another_key_is_refused_even_if_the_file_names_it():
    other = SigningKey(os.urandom(32))
    forged = documents.signed(DOCUMENT, key=other).file

    with pytest.raises(ReceiptRefused, match="not signed"):
        documents.verified(forged, vkey=VKEY)


def test_a_signature_over_the_bare_document_is_no_receipt():
    signed = documents.signed(DOCUMENT, key=KEY)
    bare = documents.Signed(
        document=signed.document,
        signature=KEY.sign(signed.document),
        verifier_key=VKEY,
    )

    with pytest.raises(ReceiptRefused):
        documents.verified(bare.file, vkey=VKEY)


@pytest.mark.parametrize("file", [b"", b"[]", b"{}", b"\xff", b'{"receipt": 1.5}'])
def test_what_is_no_receipt_is_refused(file):
    with pytest.raises(ReceiptRefused):
        documents.verified(file, vkey=VKEY)
