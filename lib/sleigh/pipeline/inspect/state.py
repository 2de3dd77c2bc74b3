"""The state of a stream as its checkpoint keeps it, read without Spark: how many rows there are, and whether a file is gone.

state/<operator>/<partition>/[<store>/] holds the versions of a store. Version n is what micro-batch n - 1 left behind and
micro-batch n begins with: with the store in memory n.snapshot has all of it and n.delta what changed since n - 1, with
RocksDB n.zip names the files that it is in, and n.changelog may stand for a change. Formats, in github.com/apache/spark:
HDFSBackedStateStoreProvider.scala, RocksDBFileManager.scala, OperatorStateMetadata.scala.
"""

import json
import struct
import zipfile
from pathlib import Path
from typing import NamedTuple

LARGEST = 64_000_000
"""Bytes of a store's files that are read to count its rows."""

_JOIN, _ROWS_OF_JOIN = "symmetricHashJoin", "keyWithIndexToValue"  # the other stores of a join count these


class State(NamedTuple):
    """rows: as Spark's progress counts them, None where unknown says why; missing: what a restart needs and is gone."""

    rows: int | None
    unknown: str | None = None
    missing: str | None = None


def at(checkpoint, version):
    """The State of version `version` of all stores in the checkpoint's folder; of 0 rows for a stream that keeps none."""
    folder = Path(checkpoint) / "state"
    rows, unknown = 0, None
    if version == 0:
        return State(0)
    for operator in sorted(_numbered(folder)):
        name, stores = _stores(operator)
        for store in stores:
            found = _store(store, version)
            if found.missing:
                return found._replace(missing=f"{store.relative_to(checkpoint)}/{found.missing}")
            if _JOIN in name and store.parent.parent == operator and _ROWS_OF_JOIN not in store.name:
                continue
            if _JOIN in name and store.parent == operator:
                found = State(None, "those of a join in RocksDB stand among others in one store")
            rows, unknown = rows + (found.rows or 0), unknown or found.unknown
    return State(None, unknown) if unknown else State(rows)


def _numbered(folder):
    return [path for path in folder.glob("[0-9]*") if path.name.isdigit() and path.is_dir()]


def _stores(operator):
    """(name of the operator, folders of its stores), as its metadata has them, or else those that are there."""
    notes = [operator / "_metadata" / "metadata", *sorted((operator / "_metadata" / "v2").glob("[0-9]*"))]
    for note in notes:
        try:
            said = json.loads(note.read_text().splitlines()[1])
            names = [
                (str(number), "" if info["storeName"] == "default" else info["storeName"])
                for info in said["stateStoreInfo"]
                for number in range(info["numPartitions"])
            ]
            return said["operatorInfo"]["operatorName"], [operator / part / store for part, store in names]
        except (OSError, ValueError, LookupError, TypeError):
            continue
    return "", _numbered(operator)


def _store(folder, version):
    """The State of one store; missing is the name of a file."""
    names = {path.name for path in folder.glob("*") if path.is_file()}
    rocks = {int(name.removesuffix(".zip")) for name in names if name.endswith(".zip") and name[:-4].isdigit()}
    if rocks or any(name.endswith(".changelog") for name in names):
        return _rocks(folder, names, rocks, version)
    # As Spark does: back to the newest whole one, or to the beginning.
    base = next((number for number in range(version, 0, -1) if f"{number}.snapshot" in names), 0)
    needed = [f"{number}.delta" for number in range(base + 1, version + 1)]
    gone = next((name for name in needed if name not in names), None)
    if gone:
        return State(None, missing=gone)
    files = [folder / name for name in ([f"{base}.snapshot"] if base else []) + needed]
    if sum(path.stat().st_size for path in files) > LARGEST:
        return State(None, f"the state is larger than {LARGEST // 1_000_000} MB")
    keys = set()
    for path in files:
        try:
            for key, there in _records(path):
                keys.add(key) if there else keys.discard(key)
        except _Unreadable as problem:
            return State(None, str(problem))
        except OSError:  # by the stream that runs meanwhile
            return State(None, "its files were changed while they were read")
        except (struct.error, ValueError):
            return State(None, missing=f"{path.name}, of which a part")
    return State(len(keys))


def _rocks(folder, names, zips, version):
    base = max((number for number in zips if number <= version), default=0)
    gone = next(
        (f"{number}.changelog" for number in range(base + 1, version + 1) if f"{number}.changelog" not in names), None
    )
    if gone:
        return State(None, missing=f"{version}.zip")
    if not base:
        return State(None, "RocksDB has noted changes only, and counts its rows in what it makes of them")
    try:
        with zipfile.ZipFile(folder / f"{base}.zip") as packed:
            said = json.loads(packed.read("metadata").decode().splitlines()[1])
    except (OSError, KeyError, ValueError, LookupError, zipfile.BadZipFile):
        return State(None, missing=f"{base}.zip, of which a part")
    gone = next((file["dfsSstFileName"] for file in said["sstFiles"] if not _is_there(folder, file)), None)
    if gone:
        return State(None, missing=f"SSTs/{gone}")
    if base < version:
        return State(None, "RocksDB has noted changes since it last counted its rows")
    return State(said["numKeys"]) if said["numKeys"] >= 0 else State(None, "RocksDB was told not to count its rows")


def _is_there(folder, file):
    return (folder / "SSTs" / file["dfsSstFileName"]).is_file()


class _Unreadable(Exception):
    """Nothing is wrong with the file, but it is not written in a way that is known here."""


def _records(path):
    """(key, whether it is there from now on) of each record of a snapshot or delta. Raises ValueError if it is cut off."""
    data, place = _unpacked(path.read_bytes()), 0
    while True:
        (length,) = struct.unpack_from(">i", data, place)
        if length < 0:
            return
        key = data[place + 4 : place + 4 + length]
        (value,) = struct.unpack_from(">i", data, place + 4 + length)
        yield key, value >= 0  # -1: removed
        place += 8 + length + max(value, 0)


def _unpacked(data):
    """What lz4-java's LZ4BlockOutputStream has packed: blocks, each with a head of 21 bytes, little-endian."""
    import pyarrow as pa

    codec, blocks, place = pa.Codec("lz4_raw"), [], 0
    if not data.startswith(b"LZ4Block"):
        if not data:
            raise ValueError("it is empty")
        raise _Unreadable("the state is not packed by LZ4, Spark's default")
    while place < len(data):
        method, packed, size = struct.unpack_from("<8xBii", data, place)
        block = data[place + 21 : place + 21 + packed]
        if len(block) < packed:
            raise ValueError("it is cut off")
        blocks.append(block if method & 0xF0 == 0x10 else codec.decompress(block, size).to_pybytes() if size else b"")
        place += 21 + packed
    return b"".join(blocks)
