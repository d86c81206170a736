"""One whole sweep as beat, broker and workers make it, in one process.

Beat's ticks go to the real broker; what lies in its queues is taken, run and
acknowledged. A failed task is given up, as a worker does; a later tick has it again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, close_old_connections
from kombu import Connection
from kombu.exceptions import OperationalError
from kombu.transport.virtual import Channel
from redis import RedisError

from config.celery import app

_TICKS = ("due-work", "seal", "examine-sweeps", "vacuum")
_QUEUES = ("due", "slow", "sequencer")
_TICKS_AT_MOST = 8
_LOST = (DatabaseError, InterfaceError, OperationalError, RedisError, OSError)

Recover = Callable[[], None]


def whole_sweep(is_over: Callable[[], bool], recover: Recover) -> None:
    """Ticks and works until it is over; `recover` is asked for what was lost."""
    for _tick in range(_TICKS_AT_MOST):
        with _losses(recover):
            for name in _TICKS:
                _ring(name)
        with _losses(recover):
            _work(recover)
        recover()
        if is_over():
            return
    raise AssertionError(f"the sweep is not over after {_TICKS_AT_MOST} ticks")


def _ring(name: str) -> None:
    tick = app.conf.beat_schedule[name]
    app.send_task(tick["task"], queue=tick["options"]["queue"])


def _work(recover: Recover) -> None:
    """Whatever the queues hold."""
    with app.connection_for_read() as connection:
        while any(_one(connection, queue, recover) for queue in _QUEUES):
            pass


def _one(connection: Connection, queue: str, recover: Recover) -> bool:
    channel: Channel = connection.default_channel
    app.amqp.queues[queue](channel).declare()
    message = channel.basic_get(queue)
    if message is None:
        return False
    _args, kwargs, _embed = message.decode()
    close_old_connections()
    with _losses(recover):
        app.tasks[message.headers["task"]](**kwargs)
    message.ack()
    if queue != "sequencer":
        _ring("seal")  # as one comes each second
    return True


@contextmanager
def _losses(recover: Recover) -> Iterator[None]:
    try:
        yield
    except _LOST:
        recover()
