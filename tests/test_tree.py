"""What holds for the whole tree: sentences, sizes, locks and mirrors."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 2 * 1024 * 1024
HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("python" + "hosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("piwheels", "org"),
        ("deb", "debian", "org"),
    )
]
"""Package indexes; every machine brings its own."""


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def shown(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def test_every_module_says_in_one_sentence_what_it_is_for():
    silent = [
        path
        for path in modules("edge", "cloud", "scripts")
        if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert shown(silent) == []


def test_no_file_is_larger_than_2_mb():
    assert shown([path for path in tracked() if path.stat().st_size > LARGEST]) == []


def test_no_file_names_a_package_index():
    hosts = re.compile("|".join(re.escape(host) for host in HOSTS).encode(), re.IGNORECASE)

    assert shown([path for path in tracked() if hosts.search(path.read_bytes())]) == []


@pytest.mark.parametrize("name", ["build", "edge", "node", "run", "test"])
def test_every_required_package_is_pinned_with_a_hash(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    entries = [entry for entry in re.split(r"\n(?=\S)", text) if not entry.startswith("#")]

    assert entries
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_the_lock_of_the_pages_names_no_address():
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()


def test_every_module_of_a_core_has_a_test_of_its_name():
    untested = [
        path
        for path in modules("edge/core", "cloud/core")
        if path.name not in {"__init__.py", "errors.py"} and not _mirror(path).exists()
    ]

    assert shown(untested) == []


def _mirror(path: Path) -> Path:
    inside = path.relative_to(ROOT)
    return ROOT / "tests" / inside.parent / f"test_{inside.name}"


def test_no_function_is_longer_than_60_lines():
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in modules("edge", "cloud", "scripts")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= 60
    ]

    assert long == []


def test_every_shell_script_stops_at_the_first_fault():
    scripts = [path for path in (ROOT / "scripts").iterdir() if path.is_file()]
    shell = [path for path in scripts if path.read_text().startswith("#!/usr/bin/env bash")]

    assert shell
    assert shown([path for path in shell if "set -euo pipefail" not in path.read_text()]) == []


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_link_of_the_front_pages_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / page).read_text(encoding="utf-8"))

    assert [link for link in links if not (ROOT / link).exists()] == []
