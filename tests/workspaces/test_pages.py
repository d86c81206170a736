"""Every page of people, jobs and the frame opens for whom it is meant."""

import pytest
from django.test import Client

from tests import cast

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path", ["", "members/", "members/?q=mara&role=owner", "jobs/"]
)
def test_the_owner_opens_it(path: str) -> None:
    owner = cast.owner(cast.workspace())

    response = owner.client().get(f"/w/halden-engineering/{path}")

    assert response.status_code == 200, response.content


def test_the_operator_site_asks_for_a_password() -> None:
    response = Client().get("/operator/")

    assert response.status_code == 302
    assert Client().get(response["location"]).status_code == 200
