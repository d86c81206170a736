"""What the process log says of a failure: where and what kind, never a value."""

import logging

from kit.log_lines import LineFormatter

SECRET = "mara.lindqvist@halden.example"


def failed() -> None:
    try:
        raise KeyError(SECRET)
    except KeyError as first:
        raise ValueError(f"Key (email)=({SECRET}) already exists.") from first


def test_a_traceback_names_frames_and_types_only() -> None:
    formatter = LineFormatter("{levelname} {name} {message}", style="{")
    try:
        failed()
    except ValueError as error:
        record = logging.LogRecord(
            "django.request",
            logging.ERROR,
            __file__,
            1,
            "Internal Server Error: %s",
            ("/x/",),
            (type(error), error, error.__traceback__),
        )

    text = formatter.format(record)

    assert text.startswith("ERROR django.request Internal Server Error: /x/")
    assert "in failed" in text
    assert "builtins.KeyError" in text
    assert text.endswith("builtins.ValueError")
    assert SECRET not in text


def test_the_site_logs_by_it() -> None:
    from django.conf import settings

    line = settings.LOGGING["formatters"]["line"]
    assert line["()"] == "kit.log_lines.LineFormatter"
