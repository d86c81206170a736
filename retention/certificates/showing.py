"""Turns receipts into the words of a certificate, and what was found into rows."""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from kit.formatting import absolute, grouped
from retention.certificates.issuing import DELETE
from retention.certificates.selectors import Cause, Gone, Stored
from retention.receipts.documents import Signed
from retention.sweeps.showing import rule

_LINE = 44
_NOT_MORE = _lazy(
    "It proves what Custos did and recorded. It does not prove that nobody copied the"
    " content before."
)
_DIGEST = re.compile("[0-9a-f-]{16}")
_PURGE = _lazy("Certificate of a refused purge")
_REFUSED = {
    Cause.DELETION: (
        _PURGE,
        _lazy(
            "Somebody deleted this %(noun)s, and it is hidden since. A legal hold"
            " covers it, so its purge is refused until the hold is released."
        ),
    ),
    Cause.POLICY: (
        _PURGE,
        _lazy(
            "The rule below let this %(noun)s go. A legal hold covers it, so its purge"
            " is refused until the hold is released."
        ),
    ),
    Cause.REQUEST: (
        _lazy("Certificate of a refused delete"),
        _lazy(
            "A program asked to delete this %(noun)s. A legal hold covered it, so the"
            " request was refused: nothing of it was hidden or removed."
        ),
    ),
}
Document = Mapping[str, Any]


def certificate(signed: Signed, *, workspace: str, organization: str) -> dict[str, Any]:
    """The words of a receipt as a document that one files."""
    document = json.loads(signed.document)
    words = _WORDS[document.get("type", "sweep")](document, signed.opening or {})
    signature = base64.b64encode(signed.signature).decode()
    return {
        **words,
        "number": signed.digest[:16],
        "organization": organization,
        "workspace": workspace,
        "signature": [
            signature[start : start + _LINE]
            for start in range(0, len(signature), _LINE)
        ],
        "signature_key": signed.verifier_key.partition("+")[0],
        "verifier_key": signed.verifier_key,
        "not_more": str(_NOT_MORE),
    }


def state(found: Gone | Stored | None) -> dict[str, str]:
    """What became of an object, in a status and a sentence."""
    if isinstance(found, Gone):
        fact = _("Purged on %s.") % absolute(found.at)
        return {"kind": "ok", "word": _("Purged"), "fact": fact}
    if found is None:
        fact = _("No object of this id was stored or purged in this workspace.")
        return {"kind": "off", "word": _("Not found"), "fact": fact}
    if found.kept_from is not None:
        return _kept(found, found.kept_from)
    if found.deleted_at:
        fact = _("Deleted on %s and hidden; it waits for its purge.")
        fact %= absolute(found.deleted_at)
        return {"kind": "wait", "word": _("Waits"), "fact": fact}
    return {"kind": "off", "word": _("Stored"), "fact": _("Nobody has deleted it.")}


def _kept(found: Stored, cause: Cause) -> dict[str, str]:
    word, fact = _("Kept by a hold"), _("Its policy let it go; a legal hold keeps it.")
    if cause is Cause.DELETION and found.deleted_at:
        fact = _("Deleted on %s and hidden since; a legal hold keeps it stored.")
        fact %= absolute(found.deleted_at)
    if cause is Cause.REQUEST and found.refused:
        word = _("Delete refused")
        fact = _("A program asked to delete it on %s; a legal hold refused that.")
        fact %= absolute(found.refused.at)
    return {"kind": "held", "word": word, "fact": fact}


def _of_object(document: Document, opening: Document) -> dict[str, Any]:
    stores = document["stores"]
    purged_at = _moment(document["hold_check"]["at"])
    statement = _(
        "This %(noun)s was removed for good on %(at)s. No legal hold covered it: that"
        " was checked in the transaction that removed it."
    )
    what = [*_object(document, opening), (_("Rule"), _rule(document["rule"]))]
    where = [
        (_("Database"), _("rows deleted, %s") % purged_at),
        (_("Key vault"), _store(stores["vault"], _keys)),
        (_("File store"), _store(stores["files"], _files)),
    ]
    entry = [*_entry(document["log"]), (_("Sweep"), document["sweep"])]
    return {
        "title": _("Certificate of deletion"),
        "statement": statement % {"noun": _noun(document), "at": purged_at},
        "parts": [
            _part(_("What was deleted"), what),
            _part(_("Where it was, and what became of it there"), where),
            _part(_("Entry in the audit log"), entry),
        ],
    }


def _of_refusal(document: Document, opening: Document) -> dict[str, Any]:
    # Those of before causes were told are all about deletions.
    cause = Cause(document.get("cause", Cause.DELETION))
    title, statement = _REFUSED[cause]
    asked = _("Deleted") if cause is Cause.DELETION else _("Asked")
    known = (
        ("asked_at", asked, _moment),
        ("hidden_since", _("Hidden since"), _moment),
        ("rule", _("Rule"), _rule),
    )
    facts = [
        *((name, word(document[at])) for at, name, word in known if at in document),
        (_("Hold checked"), _moment(document["hold_check"]["at"])),
        (_("Answer"), _("Kept: a legal hold covers it")),
    ]
    parts = [
        _part(_("What is kept"), _object(document, opening)),
        _part(_("What was decided"), facts),
    ]
    if cause is Cause.REQUEST:
        parts.append(_part(_("Entry in the audit log"), _entry(document["log"])))
    return {
        "title": str(title),
        "statement": str(statement) % {"noun": _noun(document)},
        "parts": parts,
    }


def _entry(log: Document) -> list[tuple[str, str]]:
    return [
        (_("Place"), _("epoch %(epoch)s, entry %(index)s") % log),
        (_("Hash"), log["leaf_hash"]),
        (_("Checkpoint"), log["checkpoint"].splitlines()[0]),
    ]


def _of_sweep(document: Document, _opening: Document) -> dict[str, Any]:
    result, plan = document["result"], document["plan"]
    statement = ngettext(
        "This sweep removed %(n)s conversation for good. Its plan was signed before"
        " anything went.",
        "This sweep removed %(n)s conversations for good. Its plan was signed before"
        " anything went.",
        result["purged"],
    )
    planned = [
        (_("Sweep"), document["sweep"]),
        (_("Rule"), rule(document["policy"])),
        (_("Planned"), grouped(plan["conversations"])),
        (_("Plan root"), plan["root"]),
        (_("Plan signed"), _moment(plan["sealed_at"])),
    ]
    done = [
        (_("Purged"), grouped(result["purged"])),
        (_("Refused, held"), grouped(result["left_held"])),
        (_("No longer due"), grouped(result["no_longer_due"])),
        (_("Failed"), grouped(result["failed"])),
        (_("Keys destroyed"), grouped(result["keys_destroyed"])),
        (_("Files destroyed"), grouped(result["files_destroyed"])),
        (_("Rows gone"), _moment(document["purged_at"])),
        (_("Destroyed"), _moment(document["destroyed_at"])),
    ]
    return {
        "title": _("Certificate of a sweep"),
        "statement": statement % {"n": grouped(result["purged"])},
        "parts": [
            _part(_("What was planned"), planned),
            _part(_("What was done"), done),
        ],
    }


_WORDS = {"object": _of_object, "refusal": _of_refusal, "sweep": _of_sweep}


def _part(title: str, facts: Sequence[tuple[str, str]]) -> dict[str, Any]:
    return {
        "title": title,
        "facts": [
            {"name": name, "value": value, "is_mono": bool(_DIGEST.search(value))}
            for name, value in facts
        ],
    }


def _object(document: Document, opening: Document) -> list[tuple[str, str]]:
    return [
        (_("Kind"), _noun(document).capitalize()),
        (_("Id"), opening["id"]),
        (_("Hashed id"), document["object"]["hash"]),
    ]


def _rule(label: str) -> str:
    return _("Deleted by a person or a program") if label == DELETE else rule(label)


def _noun(document: Document) -> str:
    return str(document["object"]["kind"]).replace("_", " ")


def _store(found: Document, words: Callable[[int], str]) -> str:
    if not found["number"]:
        return _("nothing was there")
    if "at" not in found:
        return _("%s still to destroy") % words(found["number"])
    return _("%(what)s destroyed, %(at)s") % {
        "what": words(found["number"]),
        "at": _moment(found["at"]),
    }


def _keys(number: int) -> str:
    return ngettext("%(n)s key", "%(n)s keys", number) % {"n": grouped(number)}


def _files(number: int) -> str:
    return ngettext("%(n)s file", "%(n)s files", number) % {"n": grouped(number)}


def _moment(text: str) -> str:
    return absolute(datetime.fromisoformat(text), seconds=True)
