"""What was found, as lines for a terminal."""

_COLUMNS = {
    "stream": ("<", 31),
    "last_offset": (">", 8),
    "last_commit": (">", 8),
    "watermark": ("<", 24),
    "state_rows": (">", 10),
    "files_waiting": (">", 7),
    "rows_waiting": (">", 9),
    "restart": ("<", 0),
}
_HEADS = {"last_offset": "offset", "last_commit": "commit", "state_rows": "state", "files_waiting": "files"}
_HEADS |= {"rows_waiting": "rows", "restart": "a restart"}


def table(found):
    """The lines of what inspect.streams gave: a row for each stream, then what is not known and what is broken."""
    lines = [_row({key: _HEADS.get(key, key) for key in _COLUMNS})]
    for entry in found:
        shown = {key: "-" if entry[key] is None else entry[key] for key in _COLUMNS}
        lines.append(_row({key: f"{value:,}" if isinstance(value, int) else value for key, value in shown.items()}))
    unknown = {}
    for entry in found:
        for key, why in entry["unknown"].items():
            unknown.setdefault((entry["stream"], why), []).append(key.replace("_", " "))
    lines += [f"unknown  {stream}: {' and '.join(keys)}: {why}" for (stream, why), keys in unknown.items()]
    broken = [entry for entry in found if entry["broken"]]
    lines += [f"BROKEN   {entry['stream']}: {entry['broken']}" for entry in broken]
    return [*lines, f"{len(found)} streams, {len(broken) or 'none'} broken"]


def _row(cells):
    return "  ".join(f"{cells[key]:{side}{width}}" for key, (side, width) in _COLUMNS.items()).rstrip()
