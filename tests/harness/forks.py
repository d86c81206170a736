"""What a child that a test forks lets go of before it works."""

from django.db import connections

from config.celery import app


def begin_anew() -> None:
    """Close what connections this process has of its parent.

    The parent could not close them all itself: Playwright keeps an event loop in its
    thread, with database connections of the loop's own, and a child, which has no loop,
    finds those from before it. All children would share them.
    """
    connections.close_all()
    app._after_fork()  # pools of connections to brokers
