"""Areas and levels that the whole bank must hold."""

from collections import Counter
from collections.abc import Iterator

from app.bank.coverage import coverage
from app.bank.files import BankFiles
from app.bank.problems import Problem, ProblemCode
from app.bank.shares import WHOLE_BANK, Bounds, enough, outside
from app.domain.items import Level

LEVELS = {
    Level.RECALL: Bounds(15, 25),
    Level.APPLICATION: Bounds(45, 55),
    Level.JUDGMENT: Bounds(25, 35),
}


def levels(files: BankFiles) -> Iterator[Problem]:
    """Report that a level has too many or too few items."""
    items = enough(files)
    counts = Counter(item.level for item in items)
    for level, bounds in LEVELS.items() if items else ():
        share = counts[level] / len(items)
        yield from outside(share, bounds, ProblemCode.LEVEL_SHARE, level=level.value)


def areas(files: BankFiles) -> Iterator[Problem]:
    """Report that an area of some axis has no item."""
    if not enough(files):
        return
    for axis in coverage(files).axes:
        for area in axis.empty:
            detail = {"axis": axis.axis, "area": area}
            yield Problem(WHOLE_BANK, 1, ProblemCode.EMPTY_AREA, detail)
