"""Sets for how long entries are kept, and lets old ones go."""

from audit.pruning.services.setting import DaysOutOfBounds, set_days
from audit.pruning.services.working import work_due

__all__ = ["DaysOutOfBounds", "set_days", "work_due"]
