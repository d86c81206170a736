"""Migrates a fresh database in half the time: an index or constraint renders no models.

Django renders a model anew, and all that relate to it, before each operation that adds
an index or a constraint, though neither changes a column or a relation. In a schema
where most tables refer to the workspace this was half of a first start.
"""

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

from django.db.migrations.state import ProjectState


@contextlib.contextmanager
def without_rendering_options() -> Iterator[None]:
    """Within the block, what is added to a model is added to its rendered class."""
    with (
        mock.patch.object(ProjectState, "add_index", _add_index),
        mock.patch.object(ProjectState, "add_constraint", _add_constraint),
    ):
        yield


def _add_index(
    state: ProjectState, app_label: str, model_name: str, index: Any
) -> None:
    _append(state, app_label, model_name, "indexes", index)


def _add_constraint(
    state: ProjectState, app_label: str, model_name: str, constraint: Any
) -> None:
    _append(state, app_label, model_name, "constraints", constraint)


def _append(
    state: ProjectState, app_label: str, model_name: str, option: str, added: Any
) -> None:
    options = state.models[app_label, model_name].options
    options[option] = [*options[option], added]
    if "apps" in state.__dict__:  # rendered; to ask for it would render it
        meta = state.apps.get_model(app_label, model_name)._meta
        setattr(meta, option, [*getattr(meta, option), added])
