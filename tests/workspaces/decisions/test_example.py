"""The front end of the documentation asks the running site, and obeys."""

import os
import re
import subprocess
import sys

import pytest

from config.launcher.surroundings import BASE_DIR
from kit import clock, scoping
from tests import cast
from tests.cast import OPERATOR, Person
from tests.workspaces.decisions.asking import EVALUATION, EVALUATIONS, SEARCHES
from tests.workspaces.gpts.studio import make
from workspaces.access import selectors as access
from workspaces.access import services
from workspaces.access.features import Feature, Value
from workspaces.access.rules import mark
from workspaces.keys.services import api_keys
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, databases=["default", "owner", "vault"]),
]

PROGRAM = BASE_DIR / "docs" / "examples" / "front_end.py"
GUIDE = BASE_DIR / "docs" / "decisions.md"


class Program:
    """The example, run as its reader runs it."""

    def __init__(self, where: WorkspaceRef, url: str) -> None:
        issued = api_keys.issue(
            actor=OPERATOR,
            organization=where.organization,
            workspace=where,
            name="Front end",
            scopes=["decisions.ask"],
            at=clock.now(),
        )
        self.environment = {
            "CUSTOS_URL": url,
            "CUSTOS_KEY": str(issued.secret),
            "PATH": os.environ["PATH"],
            "PYTHONIOENCODING": "utf-8",
        }

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """How it ended, and what it said."""
        done = subprocess.run(
            [sys.executable, str(PROGRAM), *arguments],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def program(where: WorkspaceRef, portal: str) -> Program:
    return Program(where, portal)


def set_workspace(where: WorkspaceRef, **values: Value) -> None:
    """Change what the workspace gives, as the page *Roles* does."""
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        seen = mark(access.state(workspace=where).baseline)
    services.set_baseline(
        actor=cast.owner(where).actor,
        workspace=where,
        values={Feature[name]: value for name, value in values.items()},
        seen=seen,
        at=clock.now(),
    )


def test_a_model_answers_until_an_owner_takes_it_away(
    where: WorkspaceRef, program: Program, jun: Person
) -> None:
    wanted = (jun.user.email, "use-model", "gpt-5")

    before = program.run(*wanted)
    set_workspace(where, MODELS=frozenset({"house-7b"}))
    after = program.run(*wanted)

    assert before == (0, "gpt-5 answers.\n")
    assert after[0] == 1
    assert "“gpt-5” is not among “Models”: house-7b." in after[1]


def test_a_gpt_is_shared_up_to_the_ceiling_and_not_above(
    where: WorkspaceRef, program: Program, jun: Person
) -> None:
    gpt = str(make(jun).public_id)
    who = jun.user.email

    before = program.run(who, "share-gpt", gpt, "workspace")
    set_workspace(where, GPTS_SHARE="invite_only")
    below = program.run(who, "share-gpt", gpt, "invite_only")
    above = program.run(who, "share-gpt", gpt, "workspace")

    assert before == (0, "The GPT is shared: workspace.\n")
    assert below[0] == 0
    assert above[0] == 1
    assert "You may share up to “Invited people and groups”." in above[1]


def test_the_menu_greys_out_what_is_off_with_its_reason(
    where: WorkspaceRef, program: Program, jun: Person
) -> None:
    set_workspace(where, WEB_SEARCH="off")

    status, said = program.run(jun.user.email, "menu")

    assert status == 0
    assert "[x] Temporary chat" in said
    assert "[ ] Search the web: “Web search” is off. Set by the workspace." in said
    assert "Connectors: none" in said


def test_a_connector_is_refused_with_the_reason(program: Program, jun: Person) -> None:
    who = jun.user.email

    connector = program.run(who, "use-connector", "google-drive")
    action = program.run(who, "use-connector", "google-drive", "files.read")

    assert (connector[0], action[0]) == (1, 1)
    assert "“Connectors” is off." in connector[1]


def test_whoever_cannot_ask_does_nothing(program: Program, jun: Person) -> None:
    wanted = (jun.user.email, "use-model", "gpt-5")

    stranger = program.run(*wanted, CUSTOS_KEY="custos_key_wrong")
    nowhere = program.run(*wanted, CUSTOS_URL="http://127.0.0.1:9")

    assert (stranger[0], nowhere[0]) == (2, 2)
    assert "Custos answers 401" in stranger[1]
    assert "Custos does not answer" in nowhere[1]


def test_the_guide_names_every_address() -> None:
    guide = GUIDE.read_text()

    for url in (EVALUATION, EVALUATIONS, *SEARCHES.values()):
        assert url in guide
    assert len(re.findall(r"^curl ", guide, re.MULTILINE)) == 3
