"""Counts and the coverage matrix."""

import json
from dataclasses import replace
from pathlib import Path

from app.bank.coverage import coverage
from app.bank.stats import bank_stats
from app.domain.items import ItemStatus, Level
from tests.banks import good_bank, holding, numbered


def test_stats_count_status_level_tags_and_difficulty(tmp_path: Path) -> None:
    files = good_bank(tmp_path)
    one, two, three, four = numbered(files.items[0], 4)
    items = [
        replace(one, difficulty=0.54),
        replace(two, difficulty=0.55, status=ItemStatus.DRAFT),
        replace(three, difficulty=0.86, level=Level.RECALL, tags=("crisis", "family")),
        replace(four, status=ItemStatus.RETIRED),
    ]
    stats = bank_stats(holding(files, items))
    assert stats["items"] == 4
    assert stats["status"] == {"draft": 1, "reviewed": 2, "retired": 1}
    assert stats["level"] == {"recall": 1, "application": 2, "judgment": 0}
    assert stats["difficulty"] == {"hard": 1, "medium": 1, "easy": 1}
    assert (stats["tags"]["confidentiality"], stats["tags"]["crisis"]) == (2, 1)
    assert stats["axes"]["oshpd"]["3"] == 3
    assert stats["axes"]["ethics"]["confidentiality"] == 3


def test_stats_say_how_often_the_key_stands_out(tmp_path: Path) -> None:
    stats = bank_stats(good_bank(tmp_path))
    # Words of the options: 6, 7 (the key), 7, 6 in English; 8, 8 (the key), 7, 7 in Spanish.
    assert stats["key_longest"] == {"en": 0.5, "es": 0.5}
    assert stats["key_shortest"] == {"en": 0.0, "es": 0.0}


def test_stats_of_an_empty_bank_are_zeros(tmp_path: Path) -> None:
    stats = bank_stats(holding(good_bank(tmp_path), []))
    assert (stats["items"], stats["key_longest"]) == (0, {"en": 0.0, "es": 0.0})


def test_stats_can_be_written_as_json(tmp_path: Path) -> None:
    stats = bank_stats(good_bank(tmp_path))
    assert json.loads(json.dumps(stats)) == stats


def test_coverage_names_every_empty_cell(tmp_path: Path) -> None:
    found = coverage(good_bank(tmp_path))
    assert found.matrix[3]["IX"] == 1
    assert sum(sum(row.values()) for row in found.matrix.values()) == 1
    assert [axis.axis for axis in found.axes] == [
        "oshpd", "samhsa", "focus_area", "competency", "ethics",
    ]  # fmt: skip
    assert found.axes[0].empty == ("1", "2", "4", "5", "6", "7", "8", "9", "10")


def test_retired_items_cover_nothing(tmp_path: Path) -> None:
    files = good_bank(tmp_path)
    retired = replace(files.items[0], status=ItemStatus.RETIRED)
    assert coverage(holding(files, [retired])).axes[2].counts["1"] == 0
