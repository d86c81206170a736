"""Beat rings here each minute: files of an older Custos get keys of their own."""

from typing import Any

from celery import shared_task

from workspaces.gpts.services import keying


@shared_task(name="workspaces.tasks.give_files_keys", time_limit=300)
def give_files_keys(**_: Any) -> None:
    """Seals what is left; a lost ring makes it late."""
    keying.give_keys()
