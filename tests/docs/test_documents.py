"""What the documents tell exists: links, make targets, commands, settings, thresholds; and the pages made from the code are as the code is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from desk.words import ACTIONS
from flows.command import app, city, model
from flows.settings import PREFIX, Settings
from sources.kit.registry import discover
from sources.kit.retrieval import Outcome
from tests.docs.generate import DOCS, pages, pictures
from tests.docs.reading import DOCUMENTS, ROOT, anchors, commands, links
from transforms.dedupe import load_model

by_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


@pytest.mark.parametrize("name", ["dictionary.md", "rules.md", "rules.zh.md"])
def test_a_page_made_from_the_code_is_as_the_code_is(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == pages()[name], "stale: python -m tests.docs.generate"


def test_the_picture_of_the_tables_is_as_the_models_are() -> None:
    for name, drawn in pictures().items():
        assert (DOCS / "pictures" / name).read_text("utf-8") == drawn, "stale: python -m tests.docs.generate"


@by_document
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    for link in links(document):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@by_document
def test_every_make_target_that_is_told_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    assert commands(document, "make") <= targets


@by_document
def test_every_command_that_is_told_exists(document: Path) -> None:
    assert {name for name in commands(document, "yizhan") if name not in app} == set()


@by_document
def test_every_module_that_is_told_to_be_run_exists(document: Path) -> None:
    for module in re.findall(r"python -m ([a-z_]+(?:\.[a-z_]+)+)", document.read_text("utf-8")):
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").exists(), module


@by_document
def test_every_test_that_is_told_exists(document: Path) -> None:
    for path, names in re.findall(r"`(tests/[\w/]+\.py)((?:::\w+)*)`", document.read_text("utf-8")):
        assert (ROOT / path).exists(), path
        within: ast.AST = ast.parse((ROOT / path).read_text("utf-8"))
        for name in names.split("::")[1:]:
            found = [each for each in ast.iter_child_nodes(within) if getattr(each, "name", None) == name]
            assert found, f"{path}{names}"
            within = found[0]


@by_document
def test_no_path_of_a_machine_is_told(document: Path) -> None:
    assert re.findall(r"(?<![\w.~/])/(?:home|root|tmp|work|Users)/", document.read_text("utf-8")) == []


def test_every_command_is_told_in_the_operators_page() -> None:
    told = (DOCS / "operating.md").read_text("utf-8")
    groups = {"city": city, "model": model}
    for name in [*_names(app), *(f"{group} {name}" for group, each in groups.items() for name in _names(each))]:
        assert name in groups or f"yizhan {name}" in told, name


def _halves() -> list[str]:
    return (DOCS / "operating.md").read_text("utf-8").split("\n# 中文\n")


def _outline(half: str) -> dict[str, int]:
    """How many headings of each level, tables and blocks of code there are."""
    prose, fenced = re.subn(r"^```\w*\n.*?^```$", "", half, flags=re.M | re.S)
    headings = [len(each) for each in re.findall(r"^(#{2,}) ", prose, re.M)]
    return {
        "code": fenced,
        "tables": len(re.findall(r"^\|[-:| ]+\|$", prose, re.M)),
        **{f"h{level}": headings.count(level) for level in (2, 3, 4)},
    }


def test_both_halves_of_the_operators_page_have_the_same_parts() -> None:
    english, chinese = _halves()
    assert _outline(english) == _outline(chinese)
    assert "英文部分" not in chinese, "nobody is sent to the other half"


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_has_its_section_and_picture_in_both_languages(action: str) -> None:
    for half, title in zip(_halves(), (f"{ACTIONS[action]} {action}", ACTIONS[action]), strict=True):
        section = half.split(f"\n### {title}\n")[1].split("\n#")[0]
        assert f"(pictures/act-{action}.png)" in section


def test_every_picture_is_shown_somewhere() -> None:
    shown = {(document.parent / link).resolve() for document in DOCUMENTS for link in links(document) if link.endswith((".png", ".svg"))}
    assert {path.resolve() for path in (DOCS / "pictures").iterdir()} - shown == set()


def _names(group: object) -> list[str]:
    return [name for name in group if not name.startswith("-")]  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", ["English", "Chinese"])
def test_every_setting_is_told_with_its_default(language: str) -> None:
    english, chinese = (DOCS / "operating.md").read_text("utf-8").split("\n# 中文\n")
    told = dict(re.findall(r"^\| `(YIZHAN_\w+)` \| (?:`([^`]+)`)? ?\|", english if language == "English" else chinese, re.M))
    defaults = {PREFIX + name.upper(): "" if field.default is None else str(field.default) for name, field in Settings.model_fields.items()}
    assert told == defaults


def test_every_setting_that_a_source_of_wuhu_names_is_told() -> None:
    told = (DOCS / "operating.md").read_text("utf-8")
    for source in discover(ROOT / "sources" / "wuhu").values():
        for name in re.findall(r"'([A-Z]+(?:_[A-Z]+)+)'", repr(source.fetch)):
            assert PREFIX + name in told, name


def test_every_outcome_is_told_in_both_languages() -> None:
    told = (DOCS / "operating.md").read_text("utf-8")
    assert [outcome for outcome in Outcome if f"`{outcome}`" not in told or outcome.word not in told] == []


def test_the_thresholds_told_are_those_of_the_model_that_ships() -> None:
    told = dict.fromkeys(load_model().thresholds, 0)
    page = (DOCS / "dedupe.md").read_text("utf-8")
    for names, values in re.findall(r"^\| (`.+?`) \| ([-\d… ]+) \|", page, re.M):
        told |= dict(zip(re.findall(r"`(\w+)`", names), map(int, values.split(" … ")), strict=True))
    assert told == dict(load_model().thresholds)


def test_every_dependency_is_told_and_no_other() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8").split("dependencies = [")[1].split("]\n")[0]
    declared = set(re.findall(r'^  "([a-z0-9-]+)', project, re.M))
    page = (DOCS / "dependencies.md").read_text("utf-8")
    told = {name.split()[0] for row in re.findall(r"^\| ([a-z][^|]+) \|", page, re.M) for name in row.split(", ")} - {"package"}
    assert told == declared
