"""Every service that somebody acts through leaves an entry, as does reading content.

Read from the source: a function of a services module that takes an `actor` must reach
a call of `record`, by itself or through functions of ours that it hands the work to.
What records nothing stands below with its reason; the list can only shrink by itself.
The same goes for pages and operations that reach a function which opens content.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from config.launcher.surroundings import BASE_DIR

APPS = ("audit", "workspaces", "retention")
RECORDERS = {
    "audit.recording.record",
    "audit.recording.services.record",
    "audit.recording.bulk.insert",
}
# Functions of services that take an actor and change nothing, each with why.
RECORDS_NOTHING: dict[str, str] = {
    "audit.recording.services.record": "it is what records",
    "workspaces.bulk.services.demand": "asks whether they may, before a page",
    "workspaces.connectors.services.linking.begin": "the return is recorded",
    "workspaces.invitations.services.batches.judge": "says what a file would do",
    "workspaces.signin.services.trials.begin": "begins a test; its end is recorded",
    "retention.policies.services.demand_settable": "asks whether they may set it",
    "retention.holds.services.telling.ask": "a mail; what is asked is recorded",
    "retention.policies.drafts.services.telling.ask": "a mail; its sending is recorded",
}

# What hands out plain content; and the pages that show it to its owner alone.
OPENS_CONTENT = {
    "workspaces.content.selectors.read",
    "workspaces.content.selectors.read_bytes",
    "workspaces.content.selectors.open_titles",
    "workspaces.gpts.selectors.reading.config_of",
    "workspaces.gpts.selectors.files.file_of",
    "workspaces.projects.selectors.instructions_of",
    "workspaces.projects.selectors.file_bytes",
    "workspaces.projects.selectors.memories",
    "retention.matter_exports.services.fetching.fetch",
}
READ_BY_ITS_OWNER: dict[str, str] = {
    "workspaces.projects.views.memories.my_memories": "one's own memories",
    "retention.own_data.views.conversations.my_conversation": "one's own conversation",
    "retention.own_data.views.page.my_data": "titles of one's own conversations",
}


@dataclass(frozen=True, kw_only=True)
class Function:
    """One function: where it stands, and the names that it calls."""

    module: str
    name: str
    is_public: bool
    takes_actor: bool
    calls: frozenset[str]
    imports: dict[str, str] = field(hash=False)

    @property
    def path(self) -> str:
        """Its dotted path."""
        return f"{self.module}.{self.name}"


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for app in APPS:
        for path in sorted((Path(BASE_DIR) / app).rglob("*.py")):
            if "migrations" in path.parts:
                continue
            parts = path.relative_to(BASE_DIR).with_suffix("").parts
            name = ".".join(part for part in parts if part != "__init__")
            yield name, ast.parse(path.read_text())


def _imports(tree: ast.Module) -> dict[str, str]:
    """Local names to what they mean."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                found[one.asname or one.name] = f"{node.module}.{one.name}"
        elif isinstance(node, ast.Import):
            for one in node.names:
                found[one.asname or one.name] = one.name
    return found


@cache
def _functions() -> dict[str, Function]:
    found = {}
    for module, tree in _modules():
        imports = _imports(tree)
        for node, owner in _defined(tree):
            name = f"{owner}.{node.name}" if owner else node.name
            arguments = [*node.args.args, *node.args.kwonlyargs]
            one = Function(
                module=module,
                name=name,
                is_public=not node.name.startswith("_") and not owner,
                takes_actor="actor" in {each.arg for each in arguments},
                calls=frozenset(_called(node)),
                imports=imports,
            )
            found[one.path] = one
    return found


def _defined(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, str]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node, ""
        elif isinstance(node, ast.ClassDef):
            for one in node.body:
                if isinstance(one, ast.FunctionDef):
                    yield one, node.name


def _called(node: ast.FunctionDef) -> Iterator[str]:
    """Names that are called, or handed on to be called."""
    for one in ast.walk(node):
        if isinstance(one, ast.Name | ast.Attribute):
            yield ast.unparse(one)


@cache
def _reaches(path: str, wanted: frozenset[str] = frozenset(RECORDERS)) -> bool:
    return _walk(path, set(), wanted)


def _walk(path: str, seen: set[str], wanted: frozenset[str]) -> bool:
    known = _functions()
    path = _followed(path)
    if path in seen or path not in known:
        return False
    seen.add(path)
    one = known[path]
    meant = {_followed(_meant(one, call)) for call in one.calls}
    return bool(meant & wanted) or any(_walk(each, seen, wanted) for each in meant)


def _meant(one: Function, call: str) -> str:
    """The dotted path of a call, as far as the module's imports tell."""
    head, dot, rest = call.partition(".")
    if head in one.imports:
        return one.imports[head] + dot + rest
    if head == "self":
        return f"{one.module}.{one.name.split('.')[0]}.{rest}"
    return f"{one.module}.{call}"


def _followed(path: str) -> str:
    """Through the `__init__` of a package of services to the file that defines it."""
    known = _functions()
    if path in known:
        return path
    module, _dot, name = path.rpartition(".")
    for other, tree_imports in _packages().items():
        if other == module and name in tree_imports:
            return tree_imports[name]
    return path


@cache
def _packages() -> dict[str, dict[str, str]]:
    return {name: _imports(tree) for name, tree in _modules()}


def _services() -> list[Function]:
    return [
        one
        for one in _functions().values()
        if "services" in one.module.split(".") and one.is_public and one.takes_actor
    ]


def test_there_are_services_to_look_at() -> None:
    assert len(_services()) > 100


def test_every_service_that_somebody_acts_through_records() -> None:
    silent = {one.path for one in _services() if not _reaches(one.path)}

    assert silent - set(RECORDS_NOTHING) == set(), "record it, or say why not"
    assert set(RECORDS_NOTHING) - silent == set(), "it records: take it off the list"


def _edges() -> list[Function]:
    return [
        one
        for one in _functions().values()
        if {"views", "api"} & set(one.module.split(".")) and one.is_public
    ]


def test_what_opens_content_is_where_the_list_says() -> None:
    assert set(_functions()) >= OPENS_CONTENT


def test_every_page_that_opens_content_records_who_read_it() -> None:
    opens = frozenset(OPENS_CONTENT)
    readers = {one.path for one in _edges() if _reaches(one.path, opens)}
    silent = {path for path in readers if not _reaches(path)}

    assert len(readers) > 5
    assert silent - set(READ_BY_ITS_OWNER) == set(), "record it, or say whose it is"
    assert set(READ_BY_ITS_OWNER) - silent == set(), "it records: take it off the list"
