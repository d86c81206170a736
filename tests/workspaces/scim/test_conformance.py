"""The public conformance check passes against the real site, over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from scim2_client import BaseSyncSCIMClient
from scim2_models import ScimProvider
from scim2_tester import Status, check_server

from tests.workspaces.scim.provider import Provider
from workspaces.scim.services import serving
from workspaces.tenancy.selectors import WorkspaceRef

CHECKS = 135


class OverHttp(BaseSyncSCIMClient):
    """The checker's client on a plain HTTP session."""

    def __init__(self, base: str, token: str) -> None:
        super().__init__(provider=ScimProvider())
        self._base = base
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def _parse_json(self, response: Any) -> Any:
        return response.json()

    def _query_kwargs(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"params": payload}

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        whole = url if url.startswith(self._base) else f"{self._base}{url}"
        kwargs.setdefault("headers", {}).setdefault("Accept-Encoding", "identity")
        return self._session.request(method, whole, timeout=60, **kwargs)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_public_check_finds_nothing(
    live_server: Any,
    settings: Any,
    where: WorkspaceRef,
    provider_of: Callable[..., Provider],
) -> None:
    settings.CUSTOS_BASE_URL = live_server.url
    idp = provider_of(where)

    results = check_server(OverHttp(serving.base_url(where), idp.token))

    wrong = [f"{one.title}: {one.reason}" for one in results if one.status not in _FINE]
    assert "\n".join(wrong) == ""
    assert sum(one.status == Status.SUCCESS for one in results) == CHECKS


_FINE = {Status.SUCCESS, Status.SKIPPED}
