"""The plan of the house as a test: who imports whom, how big a thing may grow, what lies where."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

ROOMS = {
    "console": {"console"},
    "backends": {"console", "backends", "pyroute2", "asyncssh"},
    "screens": {"console", "screens", "textual", "rich"},
}
"""What each room may import besides the standard library."""

FRONT_DOOR = ("console.__main__", "console.cli")
"""Joins the rooms: may import all of them, and is imported by none."""

TOUCHING = {"ctypes", "fcntl", "multiprocessing", "resource", "socket", "sqlite3", "subprocess"}
"""Of the standard library, what reaches beyond the process: the backends' business."""

pytestmark = pytest.mark.xdist_group("rooms")  # all is read once

_LAYERS = """\
clean errors escapes garbage listed modes quoting redact renewed terminal when
backoff chronicle codec gulps memo model series sparkline strip toml turnstile
alerting closing forecast pace recounting samples spans
contact entering facts frames history operations outlook survey tracing writers
audit images jobs parse plan recabling
ballast_rule arrival cabling config guard hostlist inventory looks mounts observed relief_rule \
states targets trees trends trust
actions beneath blast cables holdings overcommit shell
autorelief backs blame places relief relief_files relief_option
events identity levels mounted
alarms record rollout
guests
subhosts
derive
backend
watch
view
timeline
remembered
past reel
bygone
anew confirming course
following
asking deeds
relieving
fleet
contract
capsule chart
alerts
"""
LAYERS = tuple(layer.split() for layer in _LAYERS.splitlines())
"""Modules of ``console/``, the bottom first: each imports from its own layer or a lower one."""

TOP_LEVEL = {
    *ROOMS,
    "docs",
    "tests",
    "screenshots",
    "pyproject.toml",
    "Makefile",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
}
"""Everything at the root but dot-files and what ``.gitignore`` names."""

VAGUE = {"utils", "util", "helpers", "common", "core", "base", "manager", "misc"}

LIMITS = {
    "lines of a module": 300,
    "lines of a function": 40,
    "lines of a widget": 150,
    "parameters of a constructor": 6,
}


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file of the project."""

    path: Path
    module: str
    """Dotted, without ``__init__``."""
    imported: tuple[tuple[str, str], ...]
    """What it imports anywhere in it: module, and the name from there or nothing."""
    sizes: tuple[tuple[str, str, int], ...]
    """What is measured, where, and its size."""

    @property
    def room(self) -> str:
        """The folder at the root that it is in."""
        return self.module.partition(".")[0]


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """Return every Python file of these folders of the tree."""
    return tuple(
        read(path) for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))
    )


@cache
def read(path: Path) -> Source:
    """Return what counts of a file, without its tree: that of all is large."""
    module, text = module_of(path), path.read_text()
    found = [*statements(ast.parse(text, path))]
    sizes = [("lines of a module", module, text.count("\n"))]
    for node in found:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            sizes += sizes_of(node, module)
    imported = (each for node in found for each in imports_of(node, path))
    return Source(path, module, tuple(imported), tuple(sizes))


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all below, whatever they stand in."""
    for block in ("body", "orelse", "finalbody", "handlers", "cases"):
        for each in getattr(node, block, ()):
            yield each
            yield from statements(each)


def imports_of(node: ast.AST, path: Path) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        yield from ((alias.name, "") for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.module and not node.level, f"{path}:{node.lineno}: relative import"
        yield from ((node.module, alias.name) for alias in node.names)


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(source: Source) -> Iterator[str]:
    """Yield the dotted modules that a file imports anywhere in it.

    Of ``from a import b`` that is ``a.b`` where b is a module of the project, else ``a``.
    """
    known = {other.module for other in sources(*ROOMS)}
    for module, name in source.imported:
        yield whole if (whole := f"{module}.{name}") in known else module


def inside(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def layer(module: str) -> int:
    """Return the place of a module of ``console/`` in ``LAYERS``, counted from the bottom."""
    name = module.split(".")[1]
    return next(at for at, names in enumerate(LAYERS) if name in names)


def rooms_without_front_door() -> list[Source]:
    return [source for source in sources(*ROOMS) if not inside(source.module, FRONT_DOOR)]


def test_every_room_imports_only_what_it_may() -> None:
    strangers = {
        f"{source.module} imports {name}"
        for source in rooms_without_front_door()
        for name in imports(source)
        if (top := name.partition(".")[0]) not in sys.stdlib_module_names | ROOMS[source.room]
        or (source.room == "console" and top in TOUCHING)
    }
    assert not strangers


def test_nobody_imports_the_front_door() -> None:
    callers = {
        f"{source.module} imports {name}"
        for source in rooms_without_front_door()
        for name in imports(source)
        if inside(name, FRONT_DOOR)
    }
    assert not callers


def test_every_module_of_console_has_one_layer() -> None:
    placed = [name for names in LAYERS for name in names]
    there = {
        source.module.split(".")[1]
        for source in rooms_without_front_door()
        if source.module.startswith("console.")
    }
    assert there <= set(placed), "place it in LAYERS"
    assert len(placed) == len(set(placed))


def test_console_imports_one_way() -> None:
    upwards = {
        f"{source.module} imports {name}"
        for source in rooms_without_front_door()
        if source.module.startswith("console.")
        for name in imports(source)
        if name.startswith("console.") and layer(name) > layer(source.module)
    }
    assert not upwards


def test_no_imports_run_in_a_circle() -> None:
    graph = {
        source.module: {name for name in imports(source) if name.partition(".")[0] in ROOMS}
        - {source.module}
        for source in sources(*ROOMS)
    }
    assert list(TopologicalSorter(graph).static_order())


def sizes_of(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, module: str
) -> Iterator[tuple[str, str, int]]:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if isinstance(node, ast.ClassDef):
        if inside(module, ("screens",)):
            yield "lines of a widget", f"{module}.{node.name}", lines
        for part in node.body:
            if isinstance(part, ast.FunctionDef) and part.name == "__init__":
                given = part.args
                count = len(given.posonlyargs + given.args + given.kwonlyargs) - 1
                yield "parameters of a constructor", f"{module}.{node.name}", count
    else:
        yield "lines of a function", f"{module}.{node.name}", lines


def test_nothing_grows_over_its_size() -> None:
    grown = [
        f"{where}: {size} {what}, at most {most}"
        for source in sources(*ROOMS, "screenshots", "tests")
        for what, where, size in source.sizes
        if size > (most := LIMITS[what])
    ]
    assert not grown


def test_names_say_what_a_module_is_about() -> None:
    everything = sources(*ROOMS, "screenshots", "tests")
    assert not {source.module for source in everything if VAGUE & set(source.module.split("."))}


def test_no_test_folder_shadows_a_room() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_nothing_strays_at_the_root() -> None:
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().split()]
    there = {
        path.name
        for path in ROOT.iterdir()
        if not path.name.startswith(".") and not any(fnmatch(path.name, say) for say in ignored)
    }
    assert there <= TOP_LEVEL


@pytest.mark.parametrize("room", ROOMS)
def test_the_names_of_the_rooms_are_ours_alone(room: str) -> None:
    assert set(packages_distributions().get(room, ())) <= {"subdeck"}
    spec = find_spec(room)
    assert spec
    assert spec.origin == str(ROOT / room / "__init__.py")


def test_status_as_json_starts_without_a_screen() -> None:
    program = """
import sys
from console.__main__ import main
failed = main(["status", "local", "--json"])
sys.exit(failed or " ".join({"textual", "rich", "asyncssh"} & set(sys.modules)) or None)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
