"""Finds receipts, and gives their files."""

from retention.receipts.documents import Signed
from retention.receipts.models import Receipt


def receipt_of(*, sweep_id: int) -> Receipt | None:
    """The receipt of a closed sweep of the open workspace."""
    return Receipt.objects.filter(sweep_id=sweep_id).first()


def signed(receipt: Receipt) -> Signed:
    """A stored receipt as `documents` gives it: `.file` is the download."""
    return Signed(
        document=bytes(receipt.document),
        signature=bytes(receipt.signature),
        verifier_key=receipt.verifier_key,
    )
