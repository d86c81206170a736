"""`/v1/audit/log/<epoch>/…`: the organization's log as C2SP tlog-tiles.

For keys of an organization alone: a tile holds entries of all its workspaces. What is
complete never changes and may be kept for ever; a head may not be kept at all.
"""

import base64
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema

from audit.integrity import selectors
from audit.log.selectors import Log, log_of
from kit.refusals import Refused
from workspaces.keys.authentication import Bearer, entering
from workspaces.keys.scopes import Scope

_FOR_EVER = "private, max-age=31536000, immutable"
_LARGEST_EPOCH = 2**31 - 1
_LARGEST_SIZE = 2**53

router = Router(tags=["audit"])


class KeyIsOfOneWorkspace(Refused):
    """A tile shows entries of every workspace of the organization."""

    status = 403


class Consistency(Schema):
    """The hashes that show the first `old` entries unchanged among `size`."""

    old: int
    size: int
    hashes: list[str]


@router.get(
    "/{int:epoch}/checkpoint",
    auth=Bearer(Scope.AUDIT_READ),
    url_name="tiles_checkpoint",
    summary="The signed head of the log (C2SP checkpoint)",
)
@entering
def checkpoint(request: Any, epoch: int) -> HttpResponse:
    """The newest head of an epoch."""
    found = selectors.head(_log(request), epoch=_epoch(epoch))
    if found is None:
        raise Http404
    answer = HttpResponse(found.note, content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = "private, no-cache"
    return answer


@router.get(
    "/{int:epoch}/consistency",
    auth=Bearer(Scope.AUDIT_READ),
    response=Consistency,
    url_name="tiles_consistency",
    summary="That a later head extends an earlier one (RFC 6962)",
)
@entering
def consistency(
    request: Any, epoch: int, old: int, size: int | None = None
) -> Consistency:
    """The proof between two sizes; without `size` up to the newest head."""
    log = _log(request)
    if max(old, size or 0) > _LARGEST_SIZE or min(old, size or 1) < 1:
        raise Http404
    found = selectors.consistency(log, epoch=_epoch(epoch), old=old, size=size)
    if found is None:
        raise Http404
    hashes = [base64.b64encode(one).decode() for one in found[1]]
    return Consistency(old=old, size=found[0], hashes=hashes)


@router.get(
    "/{int:epoch}/{path:tile}",
    auth=Bearer(Scope.AUDIT_READ),
    url_name="tiles_tile",
    summary="A tile of hashes, or the entries below one (C2SP tlog-tiles)",
)
@entering
def tile(request: Any, epoch: int, tile: str) -> HttpResponse:
    """`tile/<level>/<n>[.p/<w>]` or `tile/entries/<n>[.p/<w>]`."""
    log = _log(request)
    found = selectors.tile_bytes(log, epoch=_epoch(epoch), path=tile)
    if found is None:
        raise Http404
    answer = HttpResponse(found, content_type="application/octet-stream")
    answer["Cache-Control"] = _FOR_EVER
    return answer


def _epoch(epoch: int) -> int:
    if epoch > _LARGEST_EPOCH:
        raise Http404
    return epoch


def _log(request: Any) -> Log:
    if request.caller.workspace is not None:
        raise KeyIsOfOneWorkspace(
            _("Tiles hold entries of all workspaces: use a key of the organization.")
        )
    return log_of(organization_id=request.caller.organization.id)
