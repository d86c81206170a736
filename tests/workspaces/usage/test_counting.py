"""Uses are counted by day, without names, and written from time to time."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from kit import clock, scoping
from tests import cast
from tests.cast import NOON
from tests.workspaces.connectors.conftest import linked
from tests.workspaces.connectors.test_release import ask, key
from tests.workspaces.decisions.asking import FrontEnd
from tests.workspaces.gpts.studio import make
from workspaces.access.models import Baseline
from workspaces.connectors.models import Connector
from workspaces.tenancy.selectors import WorkspaceRef
from workspaces.usage import services
from workspaces.usage.models import DailyUse
from workspaces.usage.uses import Use

pytestmark = pytest.mark.django_db(databases=["default", "owner", "vault"])


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    services._pending.clear()
    yield
    services._pending.clear()


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


def opened(where: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    )


def counted(where: WorkspaceRef) -> dict[tuple[str, str], int]:
    services.write_all()
    with opened(where):
        rows = DailyUse.objects.values_list("day", "kind", "number")
        return {(day.isoformat(), kind): number for day, kind, number in rows}


def test_uses_are_summed_by_day(where: WorkspaceRef) -> None:
    for _time in range(2):
        with opened(where):
            services.note(workspace=where, use=Use.GPT, at=NOON, number=3)
            services.note(workspace=where, use=Use.CONNECTOR, at=NOON)
            services.note(workspace=where, use=Use.GPT, at=NOON + timedelta(days=1))
        services.write_all()

    assert counted(where) == {
        ("2026-03-02", "gpt"): 6,
        ("2026-03-02", "connector"): 2,
        ("2026-03-03", "gpt"): 2,
    }


def test_nothing_is_written_with_each_use(
    where: WorkspaceRef, django_assert_num_queries: Any
) -> None:
    with opened(where), django_assert_num_queries(0):
        for _time in range(100):
            services.note(workspace=where, use=Use.GPT, at=NOON)


def test_after_a_while_the_next_use_writes(
    where: WorkspaceRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "_EVERY_SECONDS", 0)

    with opened(where):
        services.note(workspace=where, use=Use.GPT, at=NOON)
        assert DailyUse.objects.get().number == 1


def test_another_workspace_sees_and_counts_its_own(where: WorkspaceRef) -> None:
    other = cast.elsewhere()
    with opened(where):
        services.note(workspace=where, use=Use.GPT, at=NOON)

    assert counted(other) == {}
    assert counted(where) == {("2026-03-02", "gpt"): 1}


def test_a_token_that_is_handed_out_is_a_use(where: WorkspaceRef) -> None:
    jun = cast.member(where)
    with opened(where):
        Baseline.objects.create(
            workspace_id=where.id, feature="connectors.use", value="on"
        )
        Connector.objects.create(
            workspace_id=where.id,
            slug="google-drive",
            kind="catalogue",
            client_auth="client_secret_post",
            is_allowed=True,
            created_at=NOON,
            changed_at=NOON,
        )
    linked(jun)
    chat, today = key(where), clock.now().date().isoformat()

    assert ask(chat, jun.membership.public_id).status_code == 200
    assert ask(chat, jun.membership.public_id, action="no.such").status_code == 403

    assert counted(where) == {(today, "connector"): 1}


def test_a_permitted_question_about_a_gpt_is_a_use(where: WorkspaceRef) -> None:

    jun = cast.member(where)
    gpt, front = str(make(jun).public_id), FrontEnd(where)

    assert front.may(jun.user.email, "use", "gpt", gpt)
    assert not front.may("nobody@halden.example", "use", "gpt", gpt)
    assert front.may(jun.user.email, "edit", "gpt", gpt)

    assert sum(counted(where).values()) == 1


def test_a_day_has_each_kind_once_and_no_other_kind(where: WorkspaceRef) -> None:
    row = {"workspace_id": where.id, "day": NOON.date(), "number": 1}
    with opened(where):
        DailyUse.objects.create(**row, kind="gpt")
        with pytest.raises(IntegrityError, match="once"), transaction.atomic():
            DailyUse.objects.create(**row, kind="gpt")
        with pytest.raises(IntegrityError, match="kind_known"), transaction.atomic():
            DailyUse.objects.create(**row, kind="walk")
