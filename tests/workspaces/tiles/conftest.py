"""The published heads of a test lie in a folder of its own."""

from tests.audit.conftest import checkpoint_folder, fixed_clock

__all__ = ["checkpoint_folder", "fixed_clock"]
