"""The structure of the package in numbers, read from its source: nothing of it is run.

    python experiments/structure/run.py [ROOT ...] [--out FILE]

Each ROOT is a checkout of this project (default: the one this file is in); give two to compare two commits. Counted
are imports anywhere in a file, also inside functions, but those for types alone.
"""

from __future__ import annotations

import ast
import collections
import functools
import sys
import tokenize
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # experiments/, whatever folder this is started in
from common import build_parser, write_result

HERE = Path(__file__).resolve().parent
PACKAGE = "siou_tracking"
START = "cli"
END = "smooth_iou"
# From --box-loss to the mathematics: a file, a function in it, and what it calls that is the next step.
_FLAG = (
    ("cli/train.py", "run", "training_options"),
    ("arguments.py", "training_options", "from_options"),
)
_LOSS = (
    ("retrain/retarget.py", "retarget", "find_family"),
    ("retrain/families.py", "_score", "build_box_similarity"),
    ("losses/box/registry.py", "build_box_similarity", "build_similarity"),
    ("losses/box/smooth_iou.py", "similarity", "smooth_iou"),
)
STEPS = {
    "embedded engine": (
        *_FLAG,
        ("ltr/run_training.py", "_train", "request_active"),
        ("ltr/trainers/base_trainer.py", "_learn_box_loss", "retarget"),
        *_LOSS,
    ),
    "checkout": (
        *_FLAG,
        ("bridge/training.py", "_train", "retargeting"),
        ("bridge/run/trainer_hook.py", "_learn", "retarget"),
        *_LOSS,
    ),
}


def modules_of(root: Path) -> dict[str, Path]:
    """Dotted name within the package to its file."""
    found = {}
    for path in sorted((root / PACKAGE).rglob("*.py")):
        parts = path.relative_to(root / PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(tree: ast.Module, name: str, modules: dict[str, Path]) -> set[str]:
    """Modules of the package that a file imports, but for types alone."""
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE) and id(node) not in for_types:
            module = (node.module or "").removeprefix(PACKAGE).removeprefix(".")
            for alias in node.names:
                whole = f"{module}.{alias.name}".removeprefix(".")
                found.add(whole if whole in modules else module)
    return (found & set(modules)) - {name, ""}


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of nodes that reach each other, by reachability: the graphs are small."""
    reach: dict[str, set[str]] = {}
    for start in graph:
        seen, waiting = set(), [start]
        while waiting:
            for following in graph.get(waiting.pop(), ()):
                if following not in seen:
                    seen.add(following)
                    waiting.append(following)
        reach[start] = seen
    groups = {tuple(sorted(b for b in reach[a] if a in reach.get(b, ()))) for a in graph if a in reach[a]}
    return [list(group) for group in sorted(groups)]


def longest_chain(graph: dict[str, set[str]], ends: set[str]) -> list[str]:
    """The longest chain of imports from the command line to the mathematics; the graph has no cycles."""

    @functools.cache
    def longest(name: str) -> tuple[str, ...]:
        if name in ends:
            return (name,)
        chains = [chain for following in sorted(graph[name]) if (chain := longest(following))]
        return (name, *max(chains, key=len)) if chains else ()

    starts = [name for name in graph if name.split(".")[0].startswith(START)]
    return list(max((longest(name) for name in starts), key=len))


def folder_of(name: str, modules: dict[str, Path]) -> str:
    """The folder that a module lies in, '' for the package's root."""
    return name if modules[name].name == "__init__.py" else name.rpartition(".")[0]


def folder_graph(graph: dict[str, set[str]], modules: dict[str, Path]) -> dict[str, set[str]]:
    """Imports between folders; a folder and the one it lies in do not count, nor does the package's root."""
    found: dict[str, set[str]] = collections.defaultdict(set)
    for name, imported in graph.items():
        here = folder_of(name, modules)
        for other in imported:
            there = folder_of(other, modules)
            nested = f"{here}.".startswith(f"{there}.") or f"{there}.".startswith(f"{here}.")
            if here and there and not nested:
                found[here].add(there)
    return found


def comment_lines(path: Path) -> int:
    """Lines with a comment on them."""
    with path.open("rb") as file:
        return len({token.start[0] for token in tokenize.tokenize(file.readline) if token.type == tokenize.COMMENT})


def measure(root: Path) -> dict[str, Any]:
    """Files per folder, chain, cycles, lines and comments of one checkout."""
    modules = modules_of(root)
    trees = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in modules.items()}
    graph = {name: imports_of(tree, name, modules) for name, tree in trees.items()}
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in modules.items()}
    folders = collections.Counter(folder_of(name, modules) or "." for name in modules)
    ends = {name for name in modules if name.rpartition(".")[2] == END}
    comments = sum(comment_lines(path) for path in modules.values())
    return {
        "files": len(modules),
        "lines": sum(lines.values()),
        "longest file": max(lines.values()),
        "comments, % of lines": round(100 * comments / sum(lines.values()), 1),
        "folders": len(folders),
        "largest folder, files": max(folders.values()),
        "files per folder": dict(sorted(folders.items())),
        "longest import chain": longest_chain(graph, ends) if not cycles(graph) else [],
        "cycles of modules": cycles(graph),
        "cycles of folders": cycles(folder_graph(graph, modules)),
    }


def check_steps(root: Path, steps: tuple[tuple[str, str, str], ...]) -> int:
    """How many steps there are, once each function is known to be there and to call the next.

    Raises:
        ValueError: a step that is not in the source.
    """
    for file, function, called in steps:
        tree = ast.parse((root / PACKAGE / file).read_text(encoding="utf-8"))
        bodies = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function]
        names = {
            getattr(call.func, "id", getattr(call.func, "attr", ""))
            for body in bodies
            for call in ast.walk(body)
            if isinstance(call, ast.Call)
        }
        if called not in names:
            raise ValueError(f"{file}: {function} does not call {called}: the list of steps is out of date")
    return len(steps)


def main() -> None:
    parser = build_parser(__doc__, HERE / "results.json")
    parser.add_argument("roots", nargs="*", type=Path, default=[HERE.parents[1]], metavar="ROOT")
    options = parser.parse_args()
    results: dict[str, Any] = {root.resolve().name: measure(root) for root in options.roots}
    for name, numbers in results.items():
        print(name)
        for what, value in numbers.items():
            print(f"  {what}: {len(value) if what == 'longest import chain' else value}")
    last = options.roots[-1]
    results["steps from --box-loss to the mathematics"] = {name: check_steps(last, one) for name, one in STEPS.items()}
    print("steps from --box-loss to the mathematics:", results["steps from --box-loss to the mathematics"])
    write_result(options.out, results)


if __name__ == "__main__":
    main()
