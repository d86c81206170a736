"""Points Django at this run's own servers before anything imports its settings.

Nothing of a developer's installation is used: not its databases, keys or files. The
harness beside this file starts the servers, hands each worker databases of its own,
keeps tests off the network, and lets no skip pass unseen where that matters.
"""

import os

import django
from hypothesis import HealthCheck, settings

from tests.harness import stand

stand.point_environment_at(stand.of_this_run())
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
# Workers inherit the environment and would read the settings before they get here.
del os.environ["DJANGO_SETTINGS_MODULE"]

# No test fails over the time that it takes.
settings.register_profile(
    "unhurried",
    settings(),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("unhurried")

pytest_plugins = (
    "tests.harness.run",
    "tests.harness.databases",
    "tests.harness.processes",
    "tests.harness.browser",
    "tests.harness.network",
    "tests.harness.skips",
    "tests.harness.surroundings",
)
