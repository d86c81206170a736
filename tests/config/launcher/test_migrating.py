"""An index or a constraint is in the state of migrations as Django itself puts it."""

from typing import Any

import pytest
from django.db import models
from django.db.migrations import operations
from django.db.migrations.state import ModelState, ProjectState

from config.launcher import migrating

_INDEX = models.Index(fields=["name"], name="thing_name")
_OTHER = models.Index(fields=["id", "name"], name="thing_id_name")
_CONSTRAINT = models.CheckConstraint(
    condition=~models.Q(name=""), name="thing_has_a_name"
)
_LONGER = models.CharField(max_length=20)
_STEPS = {
    "an index": [operations.AddIndex("thing", _INDEX)],
    "two": [operations.AddIndex("thing", one) for one in (_INDEX, _OTHER)],
    "a constraint": [operations.AddConstraint("thing", _CONSTRAINT)],
    "one that goes again": [
        operations.AddConstraint("thing", _CONSTRAINT),
        operations.RemoveConstraint("thing", _CONSTRAINT.name),
    ],
    "one before its field changes": [
        operations.AddIndex("thing", _INDEX),
        operations.AlterField("thing", "name", _LONGER),
    ],
}


@pytest.mark.parametrize("steps", _STEPS.values(), ids=_STEPS)
@pytest.mark.parametrize("is_rendered", [True, False])
def test_it_is_that_of_django(
    steps: list[operations.base.Operation], is_rendered: bool
) -> None:
    plain = _after(steps, is_rendered=is_rendered)
    with migrating.without_rendering_options():
        quick = _after(steps, is_rendered=is_rendered)

    assert quick.models == plain.models
    assert _meta_of(quick) == _meta_of(plain)


def test_nothing_is_rendered_for_it() -> None:
    state = _after([], is_rendered=True)
    rendered = state.apps.get_model("own", "thing")

    with migrating.without_rendering_options():
        state.add_index("own", "thing", _INDEX)

    assert state.apps.get_model("own", "thing") is rendered


def _after(
    steps: list[operations.base.Operation], *, is_rendered: bool
) -> ProjectState:
    state = ProjectState()
    fields = [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=10)),
    ]
    state.add_model(
        ModelState("own", "Thing", fields, {"indexes": [], "constraints": []})
    )
    if is_rendered:
        _ = state.apps
    for step in steps:
        step.state_forwards("own", state)
    return state


def _meta_of(state: ProjectState) -> tuple[Any, ...]:
    thing = state.apps.get_model("own", "thing")
    named = [(field.name, field.deconstruct()) for field in thing._meta.fields]
    return named, thing._meta.indexes, thing._meta.constraints
