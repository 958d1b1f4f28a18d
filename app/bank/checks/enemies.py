"""Items that give each other away."""

from collections.abc import Iterator

from app.bank.files import BankFiles
from app.bank.problems import Problem, ProblemCode
from app.bank.shares import WHOLE_BANK


def enemies(files: BankFiles) -> Iterator[Problem]:
    """Enemies name each other; that they exist, the reader has seen. And there are items."""
    by_id = {item.id: item for item in files.items}
    if not by_id:
        yield Problem(WHOLE_BANK, 1, ProblemCode.NO_ITEMS, {})
    for item in files.items:
        for enemy in item.enemies:
            if enemy == item.id:
                yield files.problem(item, "enemies", ProblemCode.OWN_ENEMY)
            elif enemy in by_id and item.id not in by_id[enemy].enemies:
                code = ProblemCode.ENEMY_ONE_SIDED
                yield files.problem(item, "enemies", code, enemy=enemy)
