"""What the ledger finds, and how it is shown."""

from dataclasses import dataclass, field

from ..visible import visible

_MOST, _LONGEST = 20, 300
"""So many lines of what is wrong are shown, and so much of each: a delivery_id may be a megabyte long, or say anything."""


@dataclass(frozen=True)
class Audit:
    """What an extension finds: its line in the ledger, the numbers behind it, and one line for each row that is wrong."""

    name: str
    line: str
    counts: dict
    wrong: tuple = ()

    @property
    def balanced(self):
        """Whether nothing is wrong."""
        return not self.wrong

    def as_dict(self):
        """What `--json` prints."""
        return {**self.counts, "balanced": self.balanced, "wrong": list(self.wrong)}


@dataclass
class Ledger:
    """The sums of one lake. `lost` and `doubled` name the table and the delivery_id, or for gold the window's rows."""

    generated: int = 0
    landed: int = 0
    bronze: int | None = None
    silver: int | None = None
    quarantined: int = 0
    deduplicated: int = 0
    too_late_for_silver: int = 0
    gold: dict = field(default_factory=dict)
    lost: list = field(default_factory=list)
    doubled: list = field(default_factory=list)
    extensions: list = field(default_factory=list)  # an Audit for each that runs

    @property
    def balanced(self):
        """Whether nothing was lost or doubled and every sum comes out."""
        sums = [self.landed == self.generated]
        if self.bronze is not None:
            sums.append(self.bronze == self.generated)
        if self.silver is not None:
            parts = self.silver + self.quarantined + self.deduplicated + self.too_late_for_silver
            sums.append(parts == self.generated)
        sums += [entry["counted"] + entry["too_late"] + entry["waiting"] == self.silver for entry in self.gold.values()]
        return all(sums) and not self.lost and not self.doubled and all(audit.balanced for audit in self.extensions)

    def as_dict(self):
        """What `--json` prints.

        The counts, gold.<table>.{counted, too_late, waiting}, balanced, lost, doubled, and extensions.<name>, see Audit.
        """
        extensions = {audit.name: audit.as_dict() for audit in self.extensions}
        return {**self.__dict__, "balanced": self.balanced, "extensions": extensions}

    def __str__(self):
        lines = [f"{'generated':<34}{self.generated:>12,}", f"{'landed':<34}{self.landed:>12,}"]
        if self.bronze is not None:
            lines.append(f"{'bronze':<34}{self.bronze:>12,}")
        if self.silver is not None:
            lines += [
                f"{'  silver':<34}{self.silver:>12,}",
                f"{'  quarantined':<34}{self.quarantined:>12,}",
                f"{'  deduplicated':<34}{self.deduplicated:>12,}",
                f"{'  too late for silver':<34}{self.too_late_for_silver:>12,}",
            ]
        if self.gold:
            lines.append(f"{'silver, in each gold table':<34}{'counted':>12}{'too late':>12}{'waiting':>12}")
            lines += [
                f"  {table:<32}{entry['counted']:>12,}{entry['too_late']:>12,}{entry['waiting']:>12,}"
                for table, entry in self.gold.items()
            ]
        lines += [f"{audit.name:<34}{audit.line}" for audit in self.extensions]
        wrong = [f"LOST     {item}" for item in self.lost[:_MOST]]
        wrong += [f"DOUBLED  {item}" for item in self.doubled[:_MOST]]
        wrong += [f"WRONG    {audit.name}: {item}" for audit in self.extensions for item in audit.wrong[:_MOST]]
        lines += [visible(line, _LONGEST) for line in wrong]
        lines.append("balanced: every event is accounted for" if self.balanced else "NOT BALANCED")
        return "\n".join(lines)
