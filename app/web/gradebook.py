"""The gradebook on the screen, as files and for print."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as AnyResponse
from wtforms import RadioField
from wtforms.validators import AnyOf

from app.services import gradebook as services
from app.services.cohort_report import cohort_report
from app.services.gradebook import Cell, CellState, Column, Gradebook
from app.storage.database import reading
from app.web.access import Policy, access, signed_in_person
from app.web.clock import now
from app.web.language import current_language
from app.web.record_forms import factor_text
from app.web.report_turns import in_turn, makes_report, report_turn
from app.web.site import site
from app.web.spreadsheets import CSV_TYPE, XLSX_TYPE, Value, csv_file, file_name, xlsx_file
from app.web.templating import language_name

bp = Blueprint("gradebook", __name__, url_prefix="/cohorts/<cohort>/gradebook")

FORMATS = [("xlsx", _l("Excel (XLSX)")), ("csv", _l("Plain table (CSV)"))]
DRILL = "assignments.new"


class FileForm(FlaskForm):
    """As which file the gradebook is wanted."""

    format = RadioField(
        _l("Kind of file"),
        choices=FORMATS,
        validate_choice=False,
        validators=[AnyOf(["xlsx", "csv"], _l("Please choose one."))],
    )


@bp.get("")
@access(Policy.TRAINER)
@makes_report
def gradebook(cohort: str) -> str:
    """Everybody's results, by number until the names are asked for."""
    return _page(cohort, FileForm(formdata=None, format="xlsx"))


@bp.post("/names")
@access(Policy.TRAINER)
def names(cohort: str) -> AnyResponse:
    """Note the look at the names, then show them."""
    look = services.show_names(signed_in_person(), cohort, now())
    return redirect(url_for("gradebook.gradebook", cohort=cohort, look=look), code=303)


@bp.post("/file")
@access(Policy.TRAINER)
@makes_report
def file(cohort: str) -> tuple[str, int] | Response:
    """Note the look at everybody, then answer with the file."""
    form = FileForm()
    if not form.validate():
        return _page(cohort, form), 422
    page = services.gradebook_with_names(signed_in_person(), cohort, site(), now())
    with (
        reading(),
        report_turn(),
    ):  # the look is noted; to make the file takes a while and must stop nobody
        table = [*table_rows(page)]
        if form.format.data == "csv":
            answer = Response(csv_file(table), content_type=CSV_TYPE)
        else:
            answer = Response(xlsx_file(table, _("Gradebook")), content_type=XLSX_TYPE)
    name = file_name(page.cohort.name, page.day, form.format.data)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bp.get("/report")
@access(Policy.TRAINER)
@in_turn
def report(cohort: str) -> str:
    """What the group finds hard, without names, for paper."""
    page = cohort_report(signed_in_person(), cohort, site(), now())
    drill = DRILL if DRILL in current_app.view_functions and not page.cohort.archived else None
    return render_template("gradebook/report.html", page=page, drill=drill)


def table_rows(page: Gradebook) -> Iterator[list[Value]]:
    """The rows of the files: people, then what the group made of each assignment."""
    facts = (
        _("state"),
        _("right answers"),
        _("questions"),
        _("attempts used"),
        _("language at the start"),
        _("this person's time"),
        _("finished on"),
    )
    zone = ZoneInfo(page.cohort.time_zone)
    yield [
        _("Person"),
        *(
            f"{column.title.text(current_language())}: {fact}"
            for column in page.columns
            for fact in facts
        ),
    ]
    for row in page.rows:
        name = _("Person %(number)s", number=row.number) if row.name is None else row.name
        yield [name, *(value for cell in row.cells for value in _cell_values(cell, zone))]
    group = [_group_values(column) for column in page.columns]
    for place, label in enumerate(_group_labels()):
        blanks = [""] * (len(facts) - 1)
        yield [label, *(value for values in group for value in (values[place], *blanks))]


def state_text(state: CellState) -> str:
    """How far somebody is, in a word."""
    texts = {
        CellState.NOT_STARTED: _("not started"),
        CellState.RUNNING: _("running"),
        CellState.DONE: _("done"),
    }
    return str(texts[state])


def time_text(cell: Cell) -> str:
    """The person's own time in the attempt, in words."""
    if cell.time_factor is None:
        return str(_("No clock"))
    text = factor_text(cell.time_factor)
    if not cell.added_minutes:
        return text
    return f"{text}, {_('+%(minutes)s min', minutes=cell.added_minutes)}"


def _cell_values(cell: Cell, zone: ZoneInfo) -> list[Value]:
    """The seven columns of one cell. Moments are written so that they can be sorted."""
    if cell.language is None:
        return [state_text(cell.state), "", "", 0, "", "", ""]
    ended = cell.finished_at
    return [
        state_text(cell.state),
        "" if cell.right is None else cell.right,
        "" if cell.right is None or cell.total is None else cell.total,
        cell.attempts,
        language_name(cell.language.value),
        time_text(cell),
        "" if ended is None else f"{ended.astimezone(zone):%Y-%m-%d %H:%M}",
    ]


def _group_labels() -> tuple[str, ...]:
    return (
        _("People who are done"),
        _("Average right answers, in percent"),
        _("Likely range: low end, in percent"),
        _("Likely range: high end, in percent"),
    )


def _group_values(column: Column) -> tuple[Value, ...]:
    """What stands below an assignment; no mean where too few people are done."""
    if column.mean is None:
        return (column.done, "", "", "")
    shares = (column.mean.share, column.mean.low, column.mean.high)
    return (column.done, *(round(share * 100) for share in shares))


def _page(cohort: str, form: FileForm) -> str:
    look = request.args.get("look")
    page = services.gradebook(signed_in_person(), cohort, site(), now(), look)
    return render_template(
        "gradebook/gradebook.html",
        page=page,
        look=look,
        form=form,
        state_text=state_text,
        time_text=time_text,
    )
