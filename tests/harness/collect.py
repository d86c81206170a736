"""Collects the static files once per change of them; run as a module."""

import django

from config.launcher import prepare

if __name__ == "__main__":
    django.setup()
    prepare.collect()
