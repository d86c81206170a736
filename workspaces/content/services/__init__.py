"""What can be done to stored content besides deleting it: imports, so far."""

from workspaces.content.formats.flaws import ImportRefused
from workspaces.content.services.imports import (
    ImportOptions,
    ImportResult,
    import_conversations,
)

__all__ = ["ImportOptions", "ImportRefused", "ImportResult", "import_conversations"]
