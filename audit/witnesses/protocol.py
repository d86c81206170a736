"""C2SP tlog-witness: submits a head with its proof, and judges what comes back."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from audit.log import cosignatures
from audit.log.cosignatures import Cosignature
from audit.log.note import NoteRefused
from audit.witnesses.models import Problem
from kit.outbound import Client, OutboundFailed, OutboundRefused, Response
from kit.signing import VerifierKey

_OK, _CONFLICT = 200, 409
_REFUSALS = {
    403: Problem.UNKNOWN_KEY,
    404: Problem.UNKNOWN_LOG,
    422: Problem.FORK,
}
_SIZE_TYPE = "text/x.tlog.size"
_MOST_DIGITS = 18


class WitnessFailed(Exception):
    """The witness gave no cosignature that holds."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, kw_only=True)
class Witness:
    """Where the witness takes heads, and the key that it cosigns with."""

    url: str
    key: VerifierKey


@dataclass(frozen=True, kw_only=True)
class Knows:
    """The witness has another size than it was told: ask again from there."""

    size: int


def submit(
    witness: Witness, *, old: int, proof: Sequence[bytes], note: str
) -> Cosignature | Knows:
    """Asks for a cosignature of `note`, which extends the `old` entries it knows."""
    lines = [f"old {old}", *(base64.b64encode(one).decode() for one in proof)]
    body = "".join(f"{line}\n" for line in lines) + f"\n{note}"
    client = Client(
        allow_http=settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE,
        total_seconds=20,
        largest_body=65_536,
    )
    try:
        answer = client.post(
            f"{witness.url}/add-checkpoint",
            body=body.encode(),
            headers={"Content-Type": "text/plain; charset=utf-8"},
        )
    except (OutboundFailed, OutboundRefused):
        raise WitnessFailed(Problem.UNREACHABLE) from None
    return _judged(answer, witness=witness, note=note)


def _judged(answer: Response, *, witness: Witness, note: str) -> Cosignature | Knows:
    if answer.status == _OK:
        return _cosignature(answer.body, witness=witness, note=note)
    if answer.status == _CONFLICT:
        return _known(answer)
    raise WitnessFailed(_REFUSALS.get(answer.status, Problem.UNREACHABLE))


def _cosignature(body: bytes, *, witness: Witness, note: str) -> Cosignature:
    text = note.rpartition("\n\n")[0]
    try:
        found = cosignatures.of(f"{text}\n", lines=body.decode(), key=witness.key)
    except (NoteRefused, UnicodeDecodeError):
        found = None
    if found is None:
        raise WitnessFailed(Problem.BAD_ANSWER)
    return found


def _known(answer: Response) -> Knows:
    """A conflict names a size; one without is about the root of that very size."""
    if answer.headers.get("content-type", "").partition(";")[0] != _SIZE_TYPE:
        raise WitnessFailed(Problem.FORK)
    digits = answer.body.removesuffix(b"\n")
    if not digits.isdigit() or len(digits) > _MOST_DIGITS:
        raise WitnessFailed(Problem.BAD_ANSWER)
    return Knows(size=int(digits))
