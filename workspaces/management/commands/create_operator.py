"""Creates an operator of the installation, or gives one another password."""

from argparse import ArgumentParser
from datetime import datetime
from getpass import getpass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from kit.actor import Actor
from kit.commands import JsonCommand, Result
from workspaces.operators import services


class Command(JsonCommand):
    """create_operator --email [--password-file]"""

    help = "Create an operator, who may enter /operator/."

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument(
            "--password-file", type=Path, help="its first line; asked for without it"
        )

    def act(
        self, *, at: datetime, email: str, password_file: Path | None, **_: Any
    ) -> Result:
        made = services.create(
            actor=Actor.operator(),
            email=email,
            password=_password(password_file),
            at=at,
        )
        return {"id": made.public_id, "email": made.email}


def _password(file: Path | None) -> str:
    if file is None:
        return getpass(_("Password of the operator: "))
    try:
        return file.read_text().partition("\n")[0]
    except OSError as error:
        raise services.BadPassword(
            _("%(path)s cannot be read: %(why)s.")
            % {"path": file, "why": error.strerror or error}
        ) from error
