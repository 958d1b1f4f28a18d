"""What the site has promised, as the browsers noted it, compared with what it holds.

A browser notes each change before it is sent (`s`) and each acknowledgement after it has come
(`a`): handle, position, sequence number, option. What was acknowledged must stand in the database
as it was, unless a later change that was sent stands there; and the score must follow from it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import sqlalchemy as sa

from app.storage.attempts import AttemptRow, ResponseRow
from app.storage.bank import items_of
from app.storage.database import db

NOTHING = "-"
BATCH = 500
Held = tuple[int, str]
"""A sequence number and the option that stands with it."""


class AckLog:
    """One generator's notes."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def sent(self, handle: str, position: int, seq: int, option: str | None) -> None:
        """Note before sending."""
        self._file.write(f"s {handle} {position} {seq} {option or NOTHING}\n")

    def acknowledged(self, handle: str, position: int, seq: int) -> None:
        """Note once the site has answered."""
        self._file.write(f"a {handle} {position} {seq}\n")


@dataclass(slots=True)
class Promises:
    """All notes of one attempt, by position."""

    sent: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    acknowledged: dict[int, int] = field(default_factory=dict)
    """The highest acknowledged sequence number."""


@dataclass(slots=True)
class Verdict:
    """What the comparison found."""

    changes: int = 0
    acknowledgements: int = 0
    positions: int = 0
    finished: int = 0
    lost: list[str] = field(default_factory=list)
    wrong_scores: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """In words."""
        yield (
            f"{self.changes} changes sent, {self.acknowledgements} acknowledged, "
            f"on {self.positions} questions"
        )
        yield f"acknowledged and lost: {len(self.lost)} {' | '.join(self.lost[:5])}"
        yield (
            f"attempts ended: {self.finished}; with a score that does not follow: "
            f"{len(self.wrong_scores)} {' | '.join(self.wrong_scores[:5])}"
        )


def read_notes(files: Iterable[Path]) -> tuple[dict[str, Promises], Verdict]:
    """The notes of every generator, by attempt."""
    notes: dict[str, Promises] = defaultdict(Promises)
    verdict = Verdict()
    for path in files:
        with path.open(encoding="ascii") as lines:
            for line in lines:
                word, handle, *rest = line.split()
                position, seq = int(rest[0]), int(rest[1])
                if word == "s":
                    notes[handle].sent[position][seq] = rest[2]
                    verdict.changes += 1
                else:
                    before = notes[handle].acknowledged.get(position, 0)
                    notes[handle].acknowledged[position] = max(before, seq)
                    verdict.acknowledgements += 1
    return notes, verdict


def held_by(handles: list[str]) -> dict[str, dict[int, Held]]:
    """What the database holds, by attempt and position. Read it once before, once after."""
    found: dict[str, dict[int, Held]] = {handle: {} for handle in handles}
    for start in range(0, len(handles), BATCH):
        query = (
            sa.select(
                AttemptRow.handle, ResponseRow.position, ResponseRow.seq, ResponseRow.option_id
            )
            .join(AttemptRow, AttemptRow.id == ResponseRow.attempt_id)
            .where(AttemptRow.handle.in_(handles[start : start + BATCH]))
        )
        for handle, position, seq, option in db.session.execute(query):
            found[handle][position] = (seq, option or NOTHING)
    return found


def compare(
    notes: dict[str, Promises], verdict: Verdict, before: dict[str, dict[int, Held]]
) -> Verdict:
    """Fill in what was lost, and whose score does not follow from what was acknowledged."""
    handles = sorted(before.keys() | notes.keys())
    after = held_by(handles)
    for handle, promises in notes.items():
        for position, seq in promises.acknowledged.items():
            verdict.positions += 1
            held = after[handle].get(position, (0, NOTHING))
            if not _kept(promises.sent[position], seq, held):
                wanted = promises.sent[position].get(seq)
                verdict.lost.append(f"{handle}/{position}: {seq} {wanted}, held {held}")
    for handle, right, chosen, form in _ended(handles):
        verdict.finished += 1
        expected = _expected(before.get(handle, {}), notes.get(handle), after[handle])
        keys = {revision: item.key for revision, item in items_of(e[1] for e in form).items()}
        options = [expected.get(position, NOTHING) for position in range(1, len(form) + 1)]
        follows = sum(option == keys[e[1]] for option, e in zip(options, form, strict=True))
        if right != follows or [option or NOTHING for option in chosen] != options:
            verdict.wrong_scores.append(f"{handle}: stored {right}, follows {follows}")
    return verdict


def _kept(sent: dict[int, str], seq: int, held: Held) -> bool:
    """Whether what stands is what was acknowledged, or something that was sent after it."""
    return held[0] >= seq and sent.get(held[0]) == held[1]


def _expected(
    before: dict[int, Held], notes: Promises | None, after: dict[int, Held]
) -> dict[int, str]:
    """The option of each position: as noted where something was sent, else as it was before."""
    found = {position: option for position, (_seq, option) in before.items()}
    if notes is not None:
        for position, seq in notes.acknowledged.items():
            stands = max(seq, after[position][0]) if position in after else seq
            found[position] = notes.sent[position].get(stands, NOTHING)
        for position in notes.sent.keys() - notes.acknowledged.keys():
            found[position] = after.get(position, (0, NOTHING))[1]
    return found


def _ended(
    handles: list[str],
) -> Iterator[tuple[str, int | None, list[str | None], list[tuple[str, int, str]]]]:
    for start in range(0, len(handles), BATCH):
        query = sa.select(
            AttemptRow.handle, AttemptRow.right, AttemptRow.chosen, AttemptRow.form
        ).where(
            AttemptRow.handle.in_(handles[start : start + BATCH]),
            AttemptRow.finished_at.is_not(None),
        )
        for handle, right, chosen, form in db.session.execute(query):
            yield handle, right, chosen or [], form
