"""What was sent: the truth about each message, kept beside the lake's tables and never in them."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .. import runtime
from ..domain import night_milliseconds
from ..errors import SleighError
from ..paths import whole
from .write import last_second


def keep_truth(night, start_minute, minutes, *, lake=None, **arguments):
    """Write the night's truth beside the tables, before anything is landed: `<lake>/_truth`, one parquet file a slice.

    `arguments` (seed, rate, faults) say which night the lake holds. Raises SleighError if it holds another one, or if
    the slice would leave messages out: some before what was landed, or some whose truth is kept and that were not.
    """
    lake = lake or runtime.lake()
    folder = Path(lake) / runtime.TRUTH
    folder.mkdir(exist_ok=True)
    if require_night(lake, **arguments):
        landed = last_second(lake)  # None: by hand, or by Spark on Databricks
        if landed is not None and _leaves_out(folder, landed, start_minute):
            raise SleighError(
                f"this lake has the night up to minute {landed // 60}: continue with --start-minute {landed // 60}, "
                "or use another --lake"
            )
    with whole(folder / f"{start_minute:05d}-{start_minute + minutes:05d}.parquet") as part:
        pq.write_table(night.truth, part)
    with whole(folder / "night.json") as part:
        part.write_text(json.dumps(arguments))


def require_night(lake, **arguments):
    """Whether the lake at folder `lake` has the night of `arguments` (seed, rate, faults), False if it has none yet.

    Raises SleighError if it has another one, or if that is not to be known.
    """
    held = night_of(lake)
    if held is None:
        return False
    if held != arguments:
        raise SleighError(
            "this lake holds another night ("
            + ", ".join(f"--{name} {shown(value)}" for name, value in held.items())
            + "): use the same arguments, or another --lake"
        )
    return True


def night_of(lake):
    """Which night the lake at folder `lake` holds: its arguments seed, rate and faults as a dict; None if it has none yet.

    Raises SleighError if that is not to be known.
    """
    card = Path(lake) / runtime.TRUTH / "night.json"
    if not card.exists():
        return None
    try:
        return dict(json.loads(card.read_text()))
    except (ValueError, TypeError):
        raise SleighError(
            f"{card} should say which night this lake holds: bring it back, or use another lake"
        ) from None


def shown(value):
    """An argument of the night as it is typed: the rates of a mapping of faults one after the other."""
    return ",".join(f"{name}={rate}" for name, rate in value.items()) if isinstance(value, dict) else value


def _leaves_out(folder, landed, minute):
    """Whether to go on from `minute` would leave messages out, if second `landed` is where the landing is."""
    slices = [tuple(map(int, path.stem.split("-"))) for path in folder.glob("*.parquet")]
    if minute * 60 < landed:
        return not any(start <= minute < end for start, end in slices)
    # Truth was kept of what lies between, and its producer stopped.
    return any(landed < min(end, minute) * 60 for start, end in slices if start < minute)


def first_minute(lake):
    """The minute of the night with which the lake at folder `lake` begins: its truth is kept from there on."""
    return min(int(path.stem.split("-")[0]) for path in (Path(lake) / runtime.TRUTH).glob("*.parquet"))


def _part(file):
    try:
        return pq.read_table(file)
    except pa.ArrowInvalid:
        raise SleighError(
            f"{file}, the truth of some minutes, is damaged: bring it back, or use another lake"
        ) from None


def truth():
    """The truth of every message that was sent to the open lake, by seq: see night.Night.truth.

    A producer keeps the truth of some minutes at a time, then lands them bit by bit, and may be stopped or killed at any
    moment. What its last commit does not reach was not sent. Raises SleighError if the lake has no truth, or a part of it
    cannot be read.
    """
    return kept(_truth_folder(), "seq", last_second(runtime.lake()))


def truth_parts(columns):
    """The same a file at a time, these columns of it, in no order: a generator of pyarrow Tables. Slices may overlap."""
    folder, until = _truth_folder(), last_second(runtime.lake())
    for file in sorted(folder.glob("*.parquet")):
        yield _sent(_part(file), until).select(columns)


def _truth_folder():
    folder = runtime.lake() / runtime.TRUTH
    if not any(folder.glob("*.parquet")):
        raise SleighError("this lake has no truth to compare with: fill it with landing.keep_truth and landing.land")
    return folder


def kept(folder, key, until):
    """The truth in the files of `folder`, by `key`, of what arrived before second `until` of the night (None: of all)."""
    files = sorted(folder.glob("*.parquet"))
    # Truth that was kept before a column came to be has NULL there.
    table = pa.concat_tables(map(_part, files), promote_options="default")
    table = table.take(pc.sort_indices(table[key]))
    if len(table) and len(files) > 1:  # slices may overlap; the same key is then the same row
        names = table[key].combine_chunks()
        table = table.filter(pa.concat_arrays([pa.array([True]), pc.not_equal(names[1:], names[:-1])]))
    return _sent(table, until)


def _sent(table, until):
    if until is None:  # landed by hand, or by Spark on Databricks: all of it was sent
        return table
    return table.filter(pa.array(night_milliseconds(table["arrival_time"]) < 1000 * until))
