"""No stored content escapes holds, deletion and the search for leftovers."""

import tomllib
from typing import Any

import pytest
from django.apps import apps
from django.db import connections
from django.db.models import Model

from config.launcher.surroundings import BASE_DIR
from kit import content_kinds
from kit.content_kinds import AlreadyRegistered, ContentKind

FILE = BASE_DIR / "tests" / "data_classes.toml"
TOLD: dict[str, dict[str, Any]] = tomllib.loads(FILE.read_text())
CLASSES = {"content", "personal", "business", "secret", "operational"}
OURS = {"kit", "vault", "audit", "workspaces", "retention"}
FREE = {"BinaryField", "TextField", "JSONField"}
MODELS = sorted(
    (model for model in apps.get_models() if model._meta.app_label in OURS),
    key=lambda model: model._meta.label,
)
KINDS = {kind.model for kind in content_kinds.registered()}
# All content of such a model lies in rows that hang on it.
ROOTS = {
    kind.model
    for kind in content_kinds.registered()
    if any(other.purged_with == kind.name for other in content_kinds.registered())
}


def label(model: type[Model]) -> str:
    return model._meta.label


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_every_field_has_its_class_of_data(model: type[Model]) -> None:
    told = TOLD.get(label(model), {})
    listed = [name for group in CLASSES for name in told.get(group, ())]
    fields = [field.name for field in model._meta.concrete_fields]

    missing, gone = set(fields) - set(listed), set(listed) - set(fields)
    assert sorted(listed) == sorted(fields), (
        f"In tests/data_classes.toml, [{label(model)!r}]: add {sorted(missing)}, "
        f"remove {sorted(gone)}, name nothing twice."
    )


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_content_is_registered_and_other_text_says_what_it_is(
    model: type[Model],
) -> None:
    told = TOLD.get(label(model), {})
    is_free = any(f.get_internal_type() in FREE for f in model._meta.concrete_fields)
    has_content = bool(told.get("content")) or label(model) in ROOTS

    assert has_content == (label(model) in KINDS), (
        f"{label(model)}: register it in kit.content_kinds, or class no field content."
    )
    if is_free and not has_content:
        assert told.get("not_content"), (
            f"{label(model)} has free text or bytes: register it in kit.content_kinds,"
            " or say in tests/data_classes.toml, not_content, what it holds."
        )


def test_the_file_names_no_model_that_is_gone() -> None:
    assert set(TOLD) <= {label(model) for model in MODELS}


@pytest.mark.parametrize("kind", content_kinds.registered(), ids=lambda kind: kind.name)
def test_a_kind_names_what_exists(kind: ContentKind) -> None:
    model = apps.get_model(kind.model)

    for path in (kind.owner, kind.clock):
        at = model
        for name in path.split("."):
            field = at._meta.get_field(name)
            at = field.related_model or at
    assert kind.probe in {field.attname for field in model._meta.concrete_fields}
    parents = {other.name for other in content_kinds.registered()}
    assert kind.purged_with is None or kind.purged_with in parents


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", content_kinds.registered(), ids=lambda kind: kind.name)
def test_nothing_is_left_over_in_a_fresh_database(kind: ContentKind) -> None:
    with connections["sweeper"].cursor() as cursor:
        cursor.execute(kind.leftovers)
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", content_kinds.registered(), ids=lambda kind: kind.name)
def test_what_is_purged_with_another_kind_goes_by_a_cascade(kind: ContentKind) -> None:
    if kind.purged_with is None:
        return
    table = apps.get_model(kind.model)._meta.db_table
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_constraint where contype = 'f'"
            " and confdeltype = 'c' and conrelid = %s::regclass",
            [table],
        )
        assert cursor.fetchone() == (1,)


def test_two_kinds_cannot_share_a_name() -> None:
    kind = content_kinds.registered()[0]

    content_kinds.register(kind)

    with pytest.raises(AlreadyRegistered):
        content_kinds.register(
            ContentKind(
                name=kind.name,
                model="workspaces.User",
                owner="",
                clock="",
                held_by=frozenset(),
                delete_door="",
                purged_with=None,
                leftovers="",
                probe="",
            )
        )
