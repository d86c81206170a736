"""Opens what members wrote of their GPTs, for those of whom it was asked before."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from kit import vault
from kit.refusals import Refused
from workspaces.gpts.models import Gpt, GptReview, GptVersion
from workspaces.gpts.seals import Seals


class UnreadableGpt(Refused):
    """The key of the GPT is destroyed: nothing of it opens any more."""

    status = 410


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What whoever may use a GPT reads of it."""

    name: str
    description: str = ""
    starters: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Config:
    """What only those read who may see its settings."""

    instructions: str = field(repr=False)
    schemas: tuple[str, ...] = field(repr=False)


def seals_of(gpt: Gpt) -> Seals:
    """What seals and opens the content of a GPT."""
    key = vault.read_keys([gpt.key_id]).get(gpt.key_id)
    if key is None:
        raise UnreadableGpt(_("This GPT was purged: nothing of it can be read."))
    return Seals(key, gpt=gpt.public_id)


def summary_of(*, gpt: Gpt, number: int) -> Summary:
    """Name, description and starters of one version."""
    return summaries_of(numbers={gpt: number})[gpt.pk]


def summaries_of(*, numbers: Mapping[Gpt, int]) -> dict[int, Summary]:
    """The summaries of these versions by GPT, also where a key is gone."""
    found = readable_summaries_of(numbers=numbers)
    gone = Summary(name=_("(removed)"))
    return {gpt.pk: found.get(gpt.pk, gone) for gpt in numbers}


def readable_summaries_of(*, numbers: Mapping[Gpt, int]) -> dict[int, Summary]:
    """The summaries that can be opened; two queries, however many they are."""
    if not numbers:
        return {}
    wanted = {(gpt.pk, number): gpt for gpt, number in numbers.items()}
    rows = GptVersion.objects.filter(
        gpt_id__in=[gpt.pk for gpt in numbers], number__in=set(numbers.values())
    ).values_list("gpt_id", "number", "summary")
    keys = vault.read_keys([gpt.key_id for gpt in numbers])
    found = {}
    for gpt_id, number, sealed in rows:
        gpt = wanted.get((gpt_id, number))
        key = keys.get(gpt.key_id) if gpt else None
        if gpt is not None and key is not None:
            document = Seals(key, gpt=gpt.public_id).open_version(
                number, "summary", sealed
            )
            found[gpt_id] = _summary(document)
    return found


def config_of(*, gpt: Gpt, version: GptVersion) -> Config:
    """Instructions and schemas of one version."""
    document = seals_of(gpt).open_version(version.number, "config", version.config)
    return Config(
        instructions=document["instructions"], schemas=tuple(document["schemas"])
    )


def reason_of(*, gpt: Gpt, review: GptReview) -> str:
    """Why a version was not approved, in the reviewer's words."""
    if review.reason is None:
        return ""
    return seals_of(gpt).open_reason(review.public_id, review.reason)


def _summary(document: Mapping[str, object]) -> Summary:
    starters = document.get("starters")
    return Summary(
        name=str(document["name"]),
        description=str(document["description"]),
        starters=tuple(starters) if isinstance(starters, list) else (),
    )
