"""The notebook runs on a published night with no network, draws its pictures on this machine, and is saved with what it shows. `python -m tests.docs.test_notebook HOME` runs and saves it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import nbformat
import pytest
from nbclient import NotebookClient

from tests.docs.generate import DOCS
from tests.night.town import Household, iso, served_town

NOTEBOOK: Final = DOCS / "notebooks" / "first-look.ipynb"


def executed(folder: Path) -> Any:
    """The notebook after running in `folder`, in which, or above which, var is."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    return NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()


def outputs(notebook: Any) -> list[dict[str, Any]]:
    """What its cells show, by MIME type."""
    return [output.get("data", {}) for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def test_it_runs_on_a_published_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with served_town(tmp_path) as town:
        Household(tmp_path / "var", town.env).run(iso(0))
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")  # whoever asks the network is turned away
    (tmp_path / "docs" / "notebooks").mkdir(parents=True)
    shown = outputs(executed(tmp_path / "docs" / "notebooks"))  # where an editor starts it
    pictures = [each["image/svg+xml"] for each in shown if "image/svg+xml" in each]
    assert len(pictures) == 2, "a chart and a map"
    assert all("<path" in picture for picture in pictures)


def test_it_is_saved_with_its_outputs_and_fetches_nothing() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)
    shown = outputs(notebook)
    assert sum("image/svg+xml" in each for each in shown) == 2
    assert all(cell.outputs or "close" in cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert not any("<script" in str(each) or "cdn" in str(each) for each in shown)
    assert NOTEBOOK.stat().st_size < 1_000_000


def main(folder: Path) -> None:
    """Run it where `folder`/var is, and save it with what it shows."""
    notebook = executed(folder)
    for cell in notebook.cells:
        cell.metadata = {}
    nbformat.write(notebook, NOTEBOOK)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
