"""Names columns for statements written by hand, so that a model can read their rows."""

from django.db.models import Model


def of(model: type[Model], *names: str) -> tuple[str, ...]:
    """These columns in the model's own order, in which `from_db` reads them."""
    return tuple(f.attname for f in model._meta.concrete_fields if f.attname in names)
