"""A `State` in one file: nothing is lost with it but time, and nothing is taken from it that is not as it was written.

The file: a mark, the digest and the length of a table of contents (JSON), the table, and then the arrays, each at a multiple of 64 bytes. The table tells
of what code and model the state is, and of each array its type and digest. The file holds listings as their owners wrote them, persons' numbers among them: only
its user may read it.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]

from transforms.dedupe.coded import Coded, Ints, column_of, texts
from transforms.dedupe.features import Numbers, Read, Words
from transforms.dedupe.incremental import Clusters, Pairs, State

_MARK: Final = b"yizhan dedupe 1\n"
_DIGEST: Final = 32
_HEAD: Final = len(_MARK) + _DIGEST + 8
_ALIGNED: Final = 64

Array = npt.NDArray[Any]
Held = Mapping[str, Array]


def write_state(state: State, path: Path) -> bool:
    """Put the state in the place of the one in `path`, as a whole; False where the disk does not take it, and the night is only slower for it."""
    held = {name: np.ascontiguousarray(array) for name, array in _taken_apart(state)}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        digests = list(pool.map(lambda array: hashlib.sha256(array.data).hexdigest(), held.values()))
    told = [
        {"name": name, "type": array.dtype.str, "shape": array.shape, "digest": digest}
        for (name, array), digest in zip(held.items(), digests, strict=True)
    ]
    contents = json.dumps({"fingerprint": state.fingerprint, "values": state.values, "arrays": told}).encode()
    part = path.with_name(f"{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        with open(part, "xb", buffering=0, opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            _write(file.fileno(), _MARK + hashlib.sha256(contents).digest() + len(contents).to_bytes(8, "little") + contents)
            for array in held.values():
                _write(file.fileno(), bytes(-file.tell() % _ALIGNED))
                _write(file.fileno(), array.reshape(-1).view(np.uint8).data)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        return False
    return True


def _write(descriptor: int, content: bytes | memoryview) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def read_state(path: Path, fingerprint: str) -> State | None:
    """The state in `path`; None where there is none, where it is of another code or model, or not as it was written."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            content = memoryview(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) if size else b"")
    except OSError:
        return None
    if len(content) < _HEAD or bytes(content[: len(_MARK)]) != _MARK:
        return None
    digest, end = bytes(content[len(_MARK) : len(_MARK) + _DIGEST]), _HEAD + int.from_bytes(content[_HEAD - 8 : _HEAD], "little")
    if hashlib.sha256(content[_HEAD:end]).digest() != digest:
        return None
    told = json.loads(bytes(content[_HEAD:end]))
    if told["fingerprint"] != fingerprint:
        return None
    parts: dict[str, memoryview] = {}
    for each in told["arrays"]:
        end += -end % _ALIGNED
        length = int(np.prod(each["shape"], dtype=np.int64)) * np.dtype(each["type"]).itemsize
        parts[each["name"]] = content[end : end + length]
        end += length
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        digests = list(pool.map(lambda part: hashlib.sha256(part).hexdigest(), parts.values()))
    if digests != [each["digest"] for each in told["arrays"]]:
        return None
    held = {each["name"]: np.frombuffer(parts[each["name"]], dtype=each["type"]).reshape(each["shape"]) for each in told["arrays"]}
    return _put_together(held, fingerprint, int(told["values"]))


def _taken_apart(state: State) -> Iterator[tuple[str, Array]]:
    own, pairs = state.own, state.pairs
    yield from _table(
        "rows", pa.table({name: _narrow(column) for name, column in zip(state.rows.column_names, state.rows.columns, strict=True)})
    )
    for name, column in own.text.items():
        yield f"code {name}", _small(column.code)
        yield from _table(f"values {name}", _texts(column.values))
    for name in ("phones", "contacts"):
        numbers: Numbers = getattr(own, name)
        yield from ((f"{name} counts", _small(numbers.counts)), (f"{name} codes", numbers.codes))
        yield from _table(f"{name} values", _texts(numbers.values))
    yield from ((name, getattr(own, name)) for name in ("latin", "core_is_area", "landmark_is_named"))
    for name, words in zip(_WORDED, state.words, strict=True):
        yield from ((f"{name} {part}", getattr(words, part)) for part in ("bits", "size", "long"))
    # pairs are in the order of their left sides: how many each has says as much
    yield "lefts", _small(np.bincount(pairs.left, minlength=len(own)))
    yield from ((name, _small(getattr(pairs, name))) for name in ("right", "keys", "weights", "patterns"))
    yield "labels", state.clusters.labels.astype(np.int32)
    yield from ((f"cuts {name}", state.clusters.cuts[name].to_numpy(np.int64)) for name in _CUTS)
    yield from _table("verdicts", pa.table({name: column_of(state.verdicts[name]) for name in _VERDICTS}))


_WORDED: Final = ("core", "organisation")
_CUTS: Final = ("members", "first", "raised_to_mb", "links_cut")
_VERDICTS: Final = ("left_id", "right_id", "verdict")


def _put_together(held: Held, fingerprint: str, values: int) -> State:
    rows = _table_of(held["rows"])
    rows = pa.table({name: _wide(column) for name, column in zip(rows.column_names, rows.columns, strict=True)})
    named = [name.removeprefix("code ") for name in held if name.startswith("code ")]
    text = {name: Coded(held[f"code {name}"].astype(np.int32), _values(held[f"values {name}"])) for name in named}
    phones, contacts = (
        Numbers(held[f"{name} counts"].astype(np.int32), held[f"{name} codes"], _values(held[f"{name} values"]))
        for name in ("phones", "contacts")
    )
    own = Read(
        ids=rows["listing_id"].chunk(0),
        text=text,
        phones=phones,
        contacts=contacts,
        lng=rows["lng_wgs84"].chunk(0).to_numpy(),
        lat=rows["lat_wgs84"].chunk(0).to_numpy(),
        latin=held["latin"],
        core_is_area=held["core_is_area"],
        landmark_is_named=held["landmark_is_named"],
    )
    core, organisation = (
        Words(text[name].code, tuple(text[name].values.tolist()), held[f"{name} bits"], held[f"{name} size"], held[f"{name} long"])
        for name in _WORDED
    )
    left = np.repeat(np.arange(len(own), dtype=np.int32), held["lefts"])
    pairs = Pairs(
        left,
        held["right"].astype(np.int32),
        held["keys"].astype(np.int32),
        held["weights"].astype(np.int32),
        held["patterns"].astype(np.int64),
    )
    clusters = Clusters(held["labels"].astype(np.int64), pd.DataFrame({name: held[f"cuts {name}"] for name in _CUTS}))
    verdicts = _table_of(held["verdicts"])
    said = pd.DataFrame({name: texts(_one(verdicts[name])) for name in _VERDICTS})
    return State(fingerprint, rows, own, (core, organisation), values, pairs, clusters, said)


def _small(column: Ints) -> Ints:
    """The column in the narrowest type that holds it."""
    low, high = (int(column.min()), int(column.max())) if len(column) else (0, 0)
    return column.astype(np.promote_types(np.min_scalar_type(low), np.min_scalar_type(high)))


def _texts(values: pd.Series) -> pa.Table:
    return pa.table({"values": column_of(values)})


def _values(held: Array) -> pd.Series:
    return texts(_one(_table_of(held)["values"]))


def _narrow(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts with places of 32 bits, where they hold them."""
    is_text = column.type == pa.large_string() and column.nbytes < 1 << 31
    return column.cast(pa.string()) if is_text else column


def _wide(column: pa.ChunkedArray) -> pa.Array:
    return _one(column.cast(pa.large_string()) if column.type == pa.string() else column)


def _one(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    return (
        column.chunk(0)
        if column.num_chunks == 1
        else pa.concat_arrays(column.chunks)
        if column.num_chunks
        else pa.array([], type=column.type)
    )


def _table(name: str, table: pa.Table) -> Iterator[tuple[str, Array]]:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    yield name, np.frombuffer(sink.getvalue(), dtype=np.uint8)


def _table_of(held: Array) -> pa.Table:
    return pa.ipc.open_stream(pa.py_buffer(held)).read_all()
