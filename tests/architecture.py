"""The rooms and what they may import, checked by the standard library: `python -m tests.architecture`.

Counts as a dependency: every import, at the top, in a function or for types only; a module named by a
string to import it; a model named by a string (foreign key, `get_model`, content type, lazy signal);
and what a migration depends on. Imports point downwards only; models of other rooms are imported as
classes and never named by strings; an import stands at the top of its file.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# From the top down. Rooms of one line do not know each other.
LEVELS = (
    ("rollout_portal.console",),
    ("feedback",),
    ("monitoring",),
    ("flags", "comms"),
    ("cohorts",),
    ("phases",),
    ("rollout_portal.outbox",),
    ("rollout_portal.audit",),
    ("rollout_portal.jobs",),
    ("rollout_portal.accounts",),
    ("rollout_portal.lib",),
)
LEVEL_OF = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
ROOM_OF_LABEL = {room.rsplit(".", 1)[-1]: room for room in LEVEL_OF}

# They join the rooms and belong to none.
NO_ROOMS = frozenset(f"rollout_portal.{name}" for name in ("settings", "urls", "wsgi", "celery"))

# Imports within a function that have a reason: file -> module. There is none.
ALLOWED_INNER_IMPORTS: dict[str, frozenset[str]] = {}

_CODE = ("rollout_portal", "phases", "cohorts", "comms", "flags", "monitoring", "feedback")
_RELATIONS = frozenset({"ForeignKey", "OneToOneField", "ManyToManyField", "ForeignObject", "GenericRelation"})
_MODEL_BY_NAME = frozenset({"get_model", "get_registered_model", "get_by_natural_key"})
_MODULE_BY_NAME = frozenset({"import_module", "import_string", "include", "find_spec", "__import__"})


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A line that breaks a rule."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


def check(root: Path) -> list[Finding]:
    """Return every breach in the Python files below `root`."""
    found: list[Finding] = []
    for path in sorted(_files(root)):
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        found += _File(path.relative_to(root)).check(tree)
    return sorted(found)


def room_of(module: str) -> str | None:
    """Return the room that a module is part of, None for what belongs to no room."""
    parts = module.split(".")
    for length in (2, 1):
        name = ".".join(parts[:length])
        if name in LEVEL_OF:
            return name
    return None


def _files(root: Path) -> Iterator[Path]:
    places = [*_CODE, "tests", "benchmarks", "requirements"]
    yield from (path for place in places for path in (root / place).rglob("*.py"))
    yield from root.glob("*.py")


class _File:
    """The check of one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        parts = path.with_suffix("").parts
        self.is_package = parts[-1] == "__init__"
        self.module = ".".join(parts[:-1] if self.is_package else parts)
        self.room = room_of(self.module)
        self.is_migration = "migrations" in parts
        self.found: list[Finding] = []

    def check(self, tree: ast.Module) -> list[Finding]:
        self._walk(tree, inside="")
        return self.found

    def _walk(self, node: ast.AST, inside: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import | ast.ImportFrom):
                self._import(child, inside)
            elif isinstance(child, ast.Call):
                self._call(child)
            elif isinstance(child, ast.Assign) and self.is_migration:
                self._migration_dependencies(child)
            name = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else inside
            self._walk(child, name)

    def _import(self, node: ast.Import | ast.ImportFrom, inside: str) -> None:
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            base = self._absolute(node)
            # `from rollout_portal import jobs` names a room in the second half.
            modules = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        for module in modules:
            self._dependency(node, module, f"imports {module}")
        if inside and modules[0] not in ALLOWED_INNER_IMPORTS.get(self.path.as_posix(), frozenset()):
            self._add(node, f"imports {modules[0]} inside {inside}(); imports stand at the top of a file")

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.module.split(".")
        keep = len(package) - node.level + (1 if self.is_package else 0)
        return ".".join([*package[:keep], *([node.module] if node.module else [])])

    def _dependency(self, node: ast.AST, module: str, act: str) -> None:
        """Note a dependency that points upwards or sideways, or at what belongs to no room."""
        if self.room is None:
            return
        if module.split(".")[0] in ("tests", "benchmarks"):
            self._add(node, f"{self.room} {act}; the portal does not know its tests")
            return
        if any(module == name or module.startswith(f"{name}.") for name in NO_ROOMS):
            self._add(node, f"{self.room} {act}, which belongs to no room")
            return
        other = room_of(module)
        if other is None or other == self.room:
            return
        if LEVEL_OF[other] <= LEVEL_OF[self.room]:
            self._add(node, f"{self.room} {act}, but {other} stands above or beside it")

    def _call(self, node: ast.Call) -> None:
        name = _name_of(node.func)
        if name in _MODULE_BY_NAME:
            for text in _strings(node.args[:1]):
                self._dependency(node, text, f"names the module {text!r}")
        if name in _RELATIONS:
            named = [*node.args[:1], *(word.value for word in node.keywords if word.arg in ("to", "through"))]
            for text in _strings(named):
                self._model(node, text.rpartition(".")[0])
        if name in _MODEL_BY_NAME:
            for text in _strings(node.args[:1]):
                self._model(node, text.split(".")[0])
        for word in node.keywords:
            if word.arg == "app_label" or (word.arg == "sender" and name == "connect"):
                for text in _strings([word.value]):
                    self._model(node, text.split(".")[0])

    def _model(self, node: ast.AST, label: str) -> None:
        """Judge a model that is named by a string, by the label of its room."""
        other = ROOM_OF_LABEL.get(label)
        if other is None or other == self.room or self.room is None:
            return
        if not self.is_migration:
            self._add(node, f"{self.room} names a model of {other} by a string; import the class")
        elif LEVEL_OF[other] <= LEVEL_OF[self.room]:
            self._add(node, f"the migration names a model of {other}, above or beside {self.room}")

    def _migration_dependencies(self, node: ast.Assign) -> None:
        names = {target.id for target in node.targets if isinstance(target, ast.Name)}
        if not names & {"dependencies", "run_before", "replaces"} or not isinstance(node.value, ast.List):
            return
        for entry in node.value.elts:
            if isinstance(entry, ast.Tuple) and entry.elts:
                for label in _strings(entry.elts[:1]):
                    other = ROOM_OF_LABEL.get(label)
                    if other and self.room and other != self.room and LEVEL_OF[other] <= LEVEL_OF[self.room]:
                        self._add(entry, f"the migration depends on {other}, above or beside {self.room}")

    def _add(self, node: ast.AST, what: str) -> None:
        self.found.append(Finding(self.path.as_posix(), getattr(node, "lineno", 0), what))


def _name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _strings(nodes: list[ast.expr]) -> list[str]:
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


if __name__ == "__main__":
    findings = check(ROOT)
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)
