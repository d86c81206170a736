"""Migrates the template databases; run as a module, once per change of the models."""

import os

import django

from config.launcher import prepare

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    prepare.migrate()
