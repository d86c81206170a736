"""A CEF line escapes what would end a field, in the header and in the extension."""

import re

from audit.formats import cef
from audit.log.selectors import Log
from tests.audit.formats.conftest import UNREADABLE, shown


def _parts(line: str) -> tuple[list[str], dict[str, str]]:
    """Header and extension as a receiver reads them."""
    found = re.match(r"((?:[^\\|]|\\.)*\|){7}", line)
    assert found
    header = re.split(r"(?<!\\)\|", found[0])[:-1]
    pairs = re.findall(r"(\w+)=((?:[^\\=]|\\.)*?)(?= \w+=|$)", line[found.end() :])
    return header, dict(pairs)


def test_a_line_has_seven_parts_before_its_fields(log: Log) -> None:
    header, fields = _parts(cef.line(shown(), log=log))

    assert header == [
        "CEF:0",
        "Custos",
        "Custos",
        "1",
        "retention.policy.set",
        "Set the retention policy",
        "3",
    ]
    assert fields["rt"] == "1795425307000"
    assert fields["suser"] == "mara.lindqvist@halden.example"
    assert fields["src"] == "203.0.113.24"
    assert fields["cn1"] == "7"
    assert fields["cs1"] == f"{log.origin}/2"


def test_signs_of_the_format_are_escaped_in_values(log: Log) -> None:
    line = cef.line(shown(opened={"reason": "a=b\\c\nd\re|f"}), log=log)

    assert "\n" not in line
    assert "\r" not in line
    assert _parts(line)[1]["reason"] == r"a\=b\\c\nd\re|f"


def test_what_somebody_wrote_cannot_add_a_field(log: Log) -> None:
    line = cef.line(shown(opened={"reason": "x outcome=success"}), log=log)

    assert _parts(line)[1]["outcome"] == "success"
    assert r"x outcome\=success" in line


def test_ends_of_lines_that_have_no_escape_become_blanks(log: Log) -> None:
    line = cef.line(shown(opened={"reason": "a\u2028b\x85c\x0bd"}), log=log)

    assert _parts(line)[1]["reason"] == "a b c d"
    assert len(line.splitlines()) == 1


def test_a_pipe_in_the_header_is_escaped(log: Log) -> None:
    assert cef._header("a|b\\c\nd") == r"a\|b\\c d"


def test_a_refusal_is_graver_and_what_is_withheld_is_named(log: Log) -> None:
    entry = shown(outcome="refused", opened={}, committed=["ip", "reason"])

    header, fields = _parts(cef.line(entry, log=log))

    assert header[6] == "5"
    assert fields["cs5"] == "ip,reason"


def test_bytes_that_are_no_entry_are_one_line(log: Log) -> None:
    header, fields = _parts(cef.line(UNREADABLE, log=log))

    assert header[4:] == ["unreadable", "An entry that cannot be read", "9"]
    assert fields["cn1"] == "8"
