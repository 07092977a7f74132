"""The sources of a city, found by scanning its folder. No list of sources is kept anywhere else."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from sources.kit.source import Source
from transforms.records import columns_of


class RegistryError(ValueError):
    """A source's file is not as it should be; the message says which file and what to mend."""


def discover(folder: Path) -> dict[str, Source]:
    """Key → source of every `*.py` in `folder` that does not begin with `_`, sorted by key. Raises RegistryError.

    Files are loaded by path, so a city's folder may lie anywhere.
    """
    files = sorted(path for path in folder.glob("*.py") if not path.name.startswith("_"))
    return {path.stem: _checked(_load(path), path) for path in files}


def _load(path: Path) -> Source:
    spec = importlib.util.spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise RegistryError(f"{path}: 不是可读的 Python 文件")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as broken:
        raise RegistryError(f"{path}: 读不进来：{type(broken).__name__}: {broken}") from broken
    source = getattr(module, "SOURCE", None)
    if not isinstance(source, Source):
        raise RegistryError(f"{path}: 缺少 SOURCE = Source(...)；可照抄同目录的另一个文件")
    return source


def _checked(source: Source, path: Path) -> Source:
    """`source`, when what it declares holds together."""
    fields = list(source.columns.values())
    faults = (
        (source.key != path.stem, f"key“{source.key}”与文件名不同；请改成“{path.stem}”"),
        (
            bool(set(fields) - set(columns_of("row"))),
            f"columns 里有不认识的字段：{'、'.join(sorted(set(fields) - set(columns_of('row'))))}",
        ),
        (len(set(fields)) < len(fields), "columns 里有两列对到同一个字段"),
        (bool(set(source.columns) & set(source.ignored)), "有一列既在 columns 又在 ignored 里"),
        (not source.row_key or bool(set(source.row_key) - set(fields)), "row_key 应是 columns 里出现的字段"),
        (bool(set(source.required) - {*fields, *source.constants}), "required 应是 columns 里出现的字段"),
        (not 0 <= source.rows[0] <= source.rows[1], "rows 应为 (下限, 上限)"),
        (not 0 <= source.trust <= 100, "trust 应在 0 到 100 之间"),
        ((source.datum is None) is ("lng" in fields), "有经纬度就要写明 datum，没有就不写"),
        (not source.licence, "licence 不能为空：写明按什么条件使用这份名单"),
    )
    wrong = [sentence for is_wrong, sentence in faults if is_wrong]
    if wrong:
        raise RegistryError(f"{path}: {'；'.join(wrong)}")
    return source
