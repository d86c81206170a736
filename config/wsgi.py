"""The WSGI entry point that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from config.celery import app as celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Importing it makes requests ring at the broker of the settings.
__all__ = ["application", "celery"]

application = get_wsgi_application()
