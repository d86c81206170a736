"""The site as a WSGI application; config.asgi is what granian serves."""

import os

from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from config.celery import app as celery
from config.edge.preflight import Preflight

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Importing it makes requests ring at the broker of the settings.
__all__ = ["application", "celery"]

application = Preflight(get_wsgi_application())

# However the process is started: with an unlucky build of a library it serves nobody.
if _lax := run_checks(tags=["signin"], include_deployment_checks=True):
    raise ImproperlyConfigured(" ".join(str(one.msg) for one in _lax))
