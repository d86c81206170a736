"""Says an incident in words: what was found, and what to do."""

from collections.abc import Iterable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from kit.formatting import grouped
from retention.incidents.models import Incident, IncidentKind

_SENTENCES: dict[str, str | Promise] = {
    IncidentKind.NOTHING_PURGED: _lazy(
        "A sweep purged nothing although something was due."
    ),
    IncidentKind.STUCK: _lazy(
        "Work of deleting has stood still for too long: %(subject)s (%(n)s)."
    ),
    IncidentKind.CANARY: _lazy(
        "The canary is still stored after its time: no sweep took it."
    ),
    IncidentKind.DRIFT: _lazy(
        "A sweep differs from the purge list of a policy, and nothing explains it:"
        " draft %(subject)s (%(n)s)."
    ),
    IncidentKind.RESIDUE: _lazy(
        "After a purge something of what it took was still found: %(subject)s (%(n)s)."
    ),
}
_ADVICE: dict[str, str | Promise] = {
    IncidentKind.RESIDUE: _lazy(
        "Ask the operator of the installation to look into it before anything else:"
        " manage.py doctor names the places."
    )
}


def sentence(incident: Incident) -> str:
    """What was found, in one sentence."""
    text = str(_SENTENCES[incident.kind])
    values = {"subject": incident.subject, "n": grouped(incident.found_n)}
    return text % values if "%(" in text else text


def advice(incident: Incident) -> str:
    """What the owners can do."""
    return str(
        _ADVICE.get(
            incident.kind,
            _("Ask the operator of the installation to run manage.py doctor."),
        )
    )


def rows(found: Iterable[Incident]) -> list[dict[str, Any]]:
    """One row for each incident, as the overview and the page of sweeps show them."""
    return [
        {
            "sentence": sentence(one),
            "advice": advice(one),
            "opened_at": one.opened_at,
        }
        for one in found
    ]
