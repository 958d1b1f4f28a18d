"""Commands for those who write and look after the question bank."""

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from gettext import gettext as _
from pathlib import Path
from statistics import fmean
from typing import Any, TypeVar

import click
from tqdm import tqdm

from app.bank.alike import most_alike
from app.bank.blind import BlindKey, BlindPass, draw_blind
from app.bank.coverage import AxisCoverage, Coverage, coverage
from app.bank.files import BankFiles
from app.bank.problem_texts import PROBLEM_TEXTS
from app.bank.problems import BankUnreadable, Problem
from app.bank.reader import read_bank
from app.bank.stats import bank_stats
from app.domain.bilingual import Language
from app.domain.errors import CannotDraw
from app.domain.items import ItemStatus, Level, PoolItem
from app.domain.parallel_forms import draw_parallel_forms

DEFAULT_BANK = Path(__file__).parents[1] / "question_bank"
ALIKE_PAIRS = 40
BLIND_ITEMS = 60
MOST_FORMS = 5
_Command = TypeVar("_Command", bound=Callable[..., None])


def bank_commands() -> click.Group:
    """Build the group; its help speaks the language that gettext has now."""
    group = click.Group("bank", help=_("Look after the question bank."))
    group.add_command(_check_command())
    group.add_command(_stats_command())
    group.add_command(_coverage_command())
    group.add_command(_alike_command())
    group.add_command(_blind_command())
    group.add_command(_forms_command())
    return group


def problem_text(problem: Problem) -> str:
    """Say in words what is wrong."""
    return _(PROBLEM_TEXTS[problem.code]) % problem.detail


def _bank_option(command: _Command) -> _Command:
    option = click.option(
        "--bank",
        type=click.Path(path_type=Path, file_okay=False),
        default=DEFAULT_BANK,
        help=_("The folder of the question bank."),
    )
    return option(command)


def _check_command() -> click.Command:
    @click.command("check", help=_("Check every item and name each problem with file and line."))
    @_bank_option
    def check(bank: Path) -> None:
        from app.bank.checks import CHECKS, check_bank  # noqa: PLC0415 - loads dictionaries

        files = _read(bank)
        with tqdm(CHECKS, desc=_("Checking"), leave=False, disable=None) as steps:
            problems = check_bank(files, steps)
        for problem in problems:
            _show(bank, problem)
        shown = {"items": len(files.items), "problems": len(problems)}
        click.echo(_("Items read: %(items)d. Problems found: %(problems)d.") % shown)
        if problems:
            raise click.exceptions.Exit(1)

    return check


def _stats_command() -> click.Command:
    @click.command("stats", help=_("Count items by status, area, level, tag and difficulty."))
    @_bank_option
    @click.option("--json", "as_json", is_flag=True, help=_("Print the counts as JSON."))
    def stats(bank: Path, as_json: bool) -> None:  # noqa: FBT001 - click's flags
        counts = bank_stats(_read(bank))
        if as_json:
            click.echo(json.dumps(counts, ensure_ascii=False, indent=2))
        else:
            _show_counts(counts)

    return stats


def _coverage_command() -> click.Command:
    @click.command("coverage", help=_("Show which areas have items, and name those without."))
    @_bank_option
    def show_coverage(bank: Path) -> None:
        found = coverage(_read(bank))
        _show_matrix(found)
        for axis in found.axes:
            _show_axis(axis)

    return show_coverage


def _alike_command() -> click.Command:
    @click.command("alike", help=_("Show the most alike pairs of items: enemies, or too close?"))
    @_bank_option
    @click.option(
        "--n",
        "count",
        type=click.IntRange(min=1),
        default=ALIKE_PAIRS,
        metavar=_("NUMBER"),
        help=_("Pairs."),
    )
    def alike(bank: Path, count: int) -> None:
        for pair in most_alike(_read(bank).live, count):
            standing = _("enemies") if pair.settled else _("may meet")
            likeness = f"{100 * pair.likeness:3.0f} % ({pair.language})"
            click.echo(f"{likeness} {pair.one.id} {pair.other.id}: {standing}")

    return alike


def _blind_command() -> click.Command:
    @click.command("blind", help=_("Draw a sheet for blind solving, and its keys apart."))
    @_bank_option
    @click.option(
        "--n",
        "count",
        type=click.IntRange(min=1),
        default=BLIND_ITEMS,
        metavar=_("NUMBER"),
        help=_("Items."),
    )
    @click.option(
        "--seed",
        type=int,
        required=True,
        metavar=_("NUMBER"),
        help=_("The same seed draws the same items."),
    )
    @click.option(
        "--pass",
        "seen",
        type=click.Choice([one.value for one in BlindPass]),
        default=BlindPass.FULL.value,
        help=_("Show stem and options, or options alone."),
    )
    @click.option(
        "--lang",
        type=click.Choice([one.value for one in Language]),
        default="en",
        help=_("Language of the sheet."),
    )
    @click.option("--out", type=_file_to_write(), required=True, help=_("The sheet's file."))
    @click.option("--keys", type=_file_to_write(), required=True, help=_("The keys' file."))
    def blind(
        bank: Path, count: int, seed: int, seen: str, lang: str, out: Path, keys: Path
    ) -> None:
        items = _read(bank).live
        sheet = draw_blind(items, count, seed, BlindPass(seen), Language(lang))
        _write(out, sheet.text)
        _write(keys, _keys_json(sheet.keys))
        click.echo(_("Items drawn: %(count)d.") % {"count": len(sheet.keys)})

    return blind


def _forms_command() -> click.Command:
    @click.command(
        "forms", help=_("Draw whole forms that share no item, and show what each holds.")
    )
    @_bank_option
    @click.option(
        "--n",
        "count",
        type=click.IntRange(min=1, max=MOST_FORMS),
        default=MOST_FORMS,
        metavar=_("NUMBER"),
        help=_("Forms."),
    )
    @click.option(
        "--seed",
        type=int,
        required=True,
        metavar=_("NUMBER"),
        help=_("The same seed draws the same items."),
    )
    @click.option("--out", type=_file_to_write(), help=_("A file for the forms' item ids."))
    def forms(bank: Path, count: int, seed: int, out: Path | None) -> None:
        files = _read(bank)
        live = [item for item in files.items if item.status is ItemStatus.REVIEWED]
        pool = {item.id: PoolItem.of(item, 0) for item in live}
        try:
            drawn = draw_parallel_forms(
                [*pool.values()], files.blueprint, count, rng=random.Random(seed)
            )
        except CannotDraw as refused:
            _show_shortfalls(refused)
            raise click.exceptions.Exit(1) from None
        each = [[entry.item_id for entry in form.entries] for form in drawn]
        for number, ids in enumerate(each, start=1):
            _show_form(number, [pool[item_id] for item_id in ids])
        if out is not None:
            _write(out, json.dumps(each, indent=2) + "\n")

    return forms


def _show_form(number: int, items: Sequence[PoolItem]) -> None:
    levels = Counter(item.level for item in items)
    shown = {
        "form": number,
        "items": len(items),
        "recall": levels[Level.RECALL],
        "application": levels[Level.APPLICATION],
        "judgment": levels[Level.JUDGMENT],
        "en": round(fmean(item.words_en for item in items)),
        "es": round(fmean(item.words_es for item in items)),
    }
    line = _(
        "Form %(form)d: %(items)d items; recall %(recall)d, application %(application)d, "
        "judgment %(judgment)d; words per item: English %(en)d, Spanish %(es)d"
    )
    click.echo(line % shown)


def _show_shortfalls(refused: CannotDraw) -> None:
    click.echo(_("The bank cannot give so many forms that share no item:"), err=True)
    for short in refused.shortfalls:
        shown = {
            "rule": " ".join(filter(None, (short.rule, short.area))),
            "needed": short.needed,
            "available": short.available,
        }
        line = _("%(rule)s: %(needed)d needed, %(available)d there")
        click.echo(line % shown, err=True)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError:
        shown = {"file": path.as_posix()}
        click.echo(_("%(file)s cannot be written. Does its folder exist?") % shown, err=True)
        raise click.exceptions.Exit(1) from None


def _file_to_write() -> click.Path:
    return click.Path(path_type=Path, dir_okay=False, writable=True)


def _keys_json(keys: Mapping[int, BlindKey]) -> str:
    return json.dumps({str(number): asdict(key) for number, key in keys.items()}, indent=2) + "\n"


def _read(bank: Path) -> BankFiles:
    """Read the bank, or stop with the one problem that keeps it from being read."""
    try:
        return read_bank(bank)
    except BankUnreadable as error:
        _show(bank, error.problem)
        raise click.exceptions.Exit(1) from None


def _show(bank: Path, problem: Problem) -> None:
    click.echo(f"{bank.as_posix()}/{problem.path}:{problem.line}: {problem_text(problem)}")


def _show_counts(counts: dict[str, Any], indent: int = 0) -> None:
    for name, value in counts.items():
        if isinstance(value, dict):
            click.echo(f"{' ' * indent}{name}")
            _show_counts(value, indent + 2)
        else:
            click.echo(f"{' ' * indent}{name}: {value}")


def _show_matrix(found: Coverage) -> None:
    for domain, row in found.matrix.items():
        if domain == next(iter(found.matrix)):
            click.echo("OSHPD " + "".join(f"{category:>5}" for category in row))
        click.echo(f"{domain:>5} " + "".join(f"{count:>5}" for count in row.values()))


def _show_axis(axis: AxisCoverage) -> None:
    empty = ", ".join(axis.empty) or _("none")
    areas, filled = len(axis.counts), len(axis.counts) - len(axis.empty)
    shown = {"axis": axis.axis, "filled": filled, "areas": areas, "empty": empty}
    click.echo(_("%(axis)s: %(filled)s of %(areas)s have items. Empty: %(empty)s") % shown)
