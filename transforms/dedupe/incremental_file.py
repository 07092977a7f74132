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

_MARK: Final = b"yizhan dedupe 3\n"
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
    is_whole = True
    for each in told["arrays"]:
        gap = -end % _ALIGNED
        is_whole &= content[end : end + gap] == bytes(gap)
        end += gap
        length = int(np.prod(each["shape"], dtype=np.int64)) * np.dtype(each["type"]).itemsize
        parts[each["name"]] = content[end : end + length]
        end += length
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        digests = list(pool.map(lambda part: hashlib.sha256(part).hexdigest(), parts.values()))
    if not is_whole or digests != [each["digest"] for each in told["arrays"]]:
        return None
    held = {each["name"]: np.frombuffer(parts[each["name"]], dtype=each["type"]).reshape(each["shape"]) for each in told["arrays"]}
    return _put_together(held, fingerprint, int(told["values"]))


def _taken_apart(state: State) -> Iterator[tuple[str, Array]]:
    own, pairs = state.own, state.pairs
    for name, column in zip(state.rows.column_names, state.rows.columns, strict=True):
        yield from _column(f"rows {name}", _one(column))
    for name, column in own.text.items():
        yield f"code {name}", _small(column.code)
        yield from _column(f"values {name}", column_of(column.values))
    for name in ("phones", "contacts"):
        numbers: Numbers = getattr(own, name)
        yield from ((f"{name} counts", _small(numbers.counts)), (f"{name} codes", numbers.codes))
        yield from _column(f"{name} values", column_of(numbers.values))
    yield from ((name, getattr(own, name)) for name in ("latin", "core_is_area", "landmark_is_named"))
    for name, words in zip(_WORDED, state.words, strict=True):
        yield from ((f"{name} {part}", getattr(words, part)) for part in ("bits", "size", "long", "begin"))
    # pairs are in the order of their left sides: how many each has says as much
    yield "lefts", _small(np.bincount(pairs.left, minlength=len(own)))
    yield from ((name, _small(getattr(pairs, name))) for name in ("right", "keys", "weights", "patterns"))
    yield "labels", state.clusters.labels.astype(np.int32, copy=False)
    yield from ((f"cuts {name}", state.clusters.cuts[name].to_numpy(np.int64)) for name in _CUTS)
    for name in _VERDICTS:
        yield from _column(f"verdicts {name}", column_of(state.verdicts[name]))


_WORDED: Final = ("core", "organisation")
_CUTS: Final = ("members", "first", "raised_to_mb", "links_cut")
_VERDICTS: Final = ("left_id", "right_id", "verdict")


def _put_together(held: Held, fingerprint: str, values: int) -> State:
    read = [name.removeprefix("rows ").removesuffix(" data") for name in held if name.startswith("rows ") and name.endswith(" data")]
    rows = pa.table({name: _held_column(held, f"rows {name}") for name in read})
    named = [name.removeprefix("code ") for name in held if name.startswith("code ")]
    text = {name: Coded(held[f"code {name}"].astype(np.int32, copy=False), texts(_held_column(held, f"values {name}"))) for name in named}
    phones, contacts = (
        Numbers(held[f"{name} counts"].astype(np.int32, copy=False), held[f"{name} codes"], texts(_held_column(held, f"{name} values")))
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
        Words(
            held[f"{name} bits"],
            held[f"{name} size"],
            text[name].code,
            tuple(text[name].values.tolist()),
            held[f"{name} long"],
            held[f"{name} begin"],
        )
        for name in _WORDED
    )
    left = np.repeat(np.arange(len(own), dtype=np.int32), held["lefts"])
    pairs = Pairs(
        left,
        held["right"].astype(np.int32, copy=False),
        held["keys"].astype(np.int32, copy=False),
        held["weights"].astype(np.int32, copy=False),
        held["patterns"].astype(np.int64, copy=False),
    )
    clusters = Clusters(held["labels"].astype(np.int64, copy=False), pd.DataFrame({name: held[f"cuts {name}"] for name in _CUTS}))
    said = pd.DataFrame({name: texts(_held_column(held, f"verdicts {name}")) for name in _VERDICTS})
    return State(fingerprint, rows, own, (core, organisation), values, pairs, clusters, said)


def _small(column: Ints) -> Ints:
    """The column in the narrowest type that holds it; as it is where that spares nothing, so that it can be read where it lies."""
    low, high = (int(column.min()), int(column.max())) if len(column) else (0, 0)
    narrow = np.promote_types(np.min_scalar_type(low), np.min_scalar_type(high))
    return column.astype(narrow) if narrow.itemsize < column.itemsize else column


def _column(name: str, column: pa.Array) -> Iterator[tuple[str, Array]]:
    """A column of arrow's, its memory as it lies: texts, which may have gaps, or numbers, which have none.

    A stream of arrow's own says the same, but copies all of it to say so.
    """
    if column.type != pa.large_string():
        yield f"{name} data", column.to_numpy()
        return
    _, places, written = column.buffers()
    ends = np.zeros(1, dtype=np.int64)
    if len(column):
        ends = np.frombuffer(places, dtype=np.int64)[column.offset : column.offset + len(column) + 1]
    first, last = int(ends[0]), int(ends[-1])
    # a column that starts in the middle of its memory is moved to the start of its own
    yield f"{name} ends", _small(ends - first if first else ends)
    yield f"{name} data", np.frombuffer(written, dtype=np.uint8)[first:last] if last > first else np.zeros(0, dtype=np.uint8)
    if column.null_count:
        yield f"{name} there", np.packbits(column.is_valid().to_numpy(zero_copy_only=False), bitorder="little")


def _held_column(held: Held, name: str) -> pa.Array:
    """The column again, in the memory of the file but for the ends of its texts."""
    data = held[f"{name} data"]
    if f"{name} ends" not in held:
        return pa.array(data)
    ends, there = held[f"{name} ends"].astype(np.int64, copy=False), held.get(f"{name} there")
    buffers = [None if there is None else pa.py_buffer(there), pa.py_buffer(ends), pa.py_buffer(data)]
    return pa.LargeStringArray.from_buffers(len(ends) - 1, buffers[1], buffers[2], buffers[0])


def _one(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
