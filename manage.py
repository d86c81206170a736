"""Runs Django's management commands against the configured servers."""

import os
import sys

from django.core.management import execute_from_command_line

from config.celery import app

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    app.set_default()  # what a command rings for reaches the broker of the settings
    execute_from_command_line(sys.argv)
