"""The site as a WSGI application; config.asgi is what granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from config.celery import app as celery
from config.edge.preflight import Preflight
from workspaces.signin import checks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Importing it makes requests ring at the broker of the settings.
__all__ = ["application", "celery"]

application = Preflight(get_wsgi_application())
# However it is started: an unlucky build of a library serves nobody.
checks.demand_strict()
