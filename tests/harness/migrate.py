"""Migrates the template databases; run as a module, once per change of the models."""

import django

from config.launcher import prepare

if __name__ == "__main__":
    django.setup()
    prepare.migrate()
