"""A question in SQL from outside, asked so that it can only read: one statement, one file, nothing else of the machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb

#: Read-only by the file; these keep a statement from other files, the network and from loosening either.
_LOCKED: Final[dict[str, str | bool | int | float | list[str]]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
}

#: What only reads. SHOW, DESCRIBE and SUMMARIZE are selects to the database.
_READING: Final = frozenset({duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN})


class QuestionError(ValueError):
    """The question cannot be asked as it is; the message (Chinese) says what is wrong, with the database's own words where it has any."""


@contextmanager
def opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the published file `path` that can read it and nothing else. Raises QuestionError when this user may not read the file."""
    try:
        connection = duckdb.connect(str(path), read_only=True, config=_LOCKED)
    except duckdb.IOException as shut:
        if "ermission" not in str(shut):
            raise
        raise QuestionError(f"没有权限读 {path}；运营人员的库只有运营人员能读，分析请去掉 --operator") from shut
    with connection:
        yield connection


def asked(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyConnection:
    """The answer to one statement that only reads, ready to be fetched. Raises QuestionError for anything else, and for a mistake."""
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as wrong:
        raise QuestionError(f"这条 SQL 写得不对：{own_words(wrong)}") from wrong
    if len(statements) != 1:
        raise QuestionError(f"只能有一条语句，这里有 {len(statements)} 条；请只留一条 SELECT（PIVOT 请写成 select * from (pivot …)）")
    if statements[0].type not in _READING:
        raise QuestionError(f"只能查询，不能执行 {statements[0].type.name}；请写成 SELECT")
    return answered(connection, sql)


def answered(connection: duckdb.DuckDBPyConnection, sql: str, values: object = None) -> duckdb.DuckDBPyConnection:
    """The answer to a statement that was looked at already. Raises QuestionError with the database's own words."""
    try:
        return connection.execute(sql, values)
    except duckdb.PermissionException as shut:
        raise QuestionError(f"只能读名册这一个库，不能读写别的文件或网络：{own_words(shut)}") from shut
    except duckdb.Error as wrong:
        raise QuestionError(f"这条 SQL 答不出来：{own_words(wrong)}") from wrong


def condition(connection: duckdb.DuckDBPyConnection, written: str, relation: str) -> str:
    """The condition as it can stand behind WHERE on `relation`, in brackets. Raises QuestionError unless it is one condition on its columns: no second
    statement, no subquery, nothing behind it, no unknown column."""
    clause = f"(\n{written}\n)"  # lines of their own: a comment in it ends before our bracket
    node, plain = _parsed(connection, relation, clause), _parsed(connection, relation, "(true)")
    given = node.pop("where_clause", None)
    plain.pop("where_clause", None)
    if _placeless(node) != _placeless(plain):
        raise QuestionError(
            "--where 只能是一个条件，不能有第二条语句，也不能带 LIMIT、GROUP BY、UNION 之类；请只写条件，如 county = '镜湖区'"
        )
    if _has_subquery(given):
        raise QuestionError("--where 里不能有子查询，也不能读别的表或文件；请只用本表的列，如 county = '镜湖区' and status = 'open'")
    try:
        connection.execute(f"explain select 1 from {relation} where {clause}")
    except duckdb.Error as wrong:
        raise QuestionError(f"--where 写得不对：{own_words(wrong)}") from wrong
    return clause


def own_words(wrong: duckdb.Error) -> str:
    """What the database says, without the picture of the statement: one line."""
    told = str(wrong).split("\n\nLINE ")[0]
    return " ".join(told.split())


def _parsed(connection: duckdb.DuckDBPyConnection, relation: str, clause: str) -> dict[str, Any]:
    found = connection.execute("select json_serialize_sql($1::varchar)", [f"select 1 from {relation} where {clause}"]).fetchone()
    tree = json.loads(found[0]) if found else {}
    if tree.get("error", True):
        raise QuestionError(f"--where 写得不对，或不止一个条件：{tree.get('error_message', '')}；请只写一个条件，如 county = '镜湖区'")
    if len(tree["statements"]) != 1:
        raise QuestionError("--where 只能是一个条件，不能有第二条语句；请只写条件，如 county = '镜湖区'")
    node: dict[str, Any] = tree["statements"][0]["node"]
    return node


def _placeless(tree: Any) -> Any:
    """The tree without where in the text each part stood."""
    if isinstance(tree, dict):
        return {name: _placeless(part) for name, part in tree.items() if name != "query_location"}
    return [_placeless(part) for part in tree] if isinstance(tree, list) else tree


def _has_subquery(tree: Any) -> bool:
    if isinstance(tree, dict):
        return tree.get("class") == "SUBQUERY" or any(map(_has_subquery, tree.values()))
    return isinstance(tree, list) and any(map(_has_subquery, tree))
