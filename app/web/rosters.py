"""A roster file: read, shown with each row's faults, then taken; the invitations it becomes."""

import random

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse
from wtforms import TextAreaField

from app.domain.roster_files import MOST_BYTES, MOST_ROWS, FileFault, RosterText, read_bytes
from app.domain.rosters import Roster, roster_csv
from app.services import rosters as services
from app.services.assignment_letters import use_words
from app.services.cohorts import revoke_invitation
from app.web.access import Policy, access, signed_in_person
from app.web.clock import now
from app.web.cohort_letters import invitation_words, join_link, letter_words
from app.web.error_words import Words
from app.web.roster_texts import KILOBYTE, file_fault_text, reason_text, too_large_text
from app.web.site import site

bp = Blueprint("rosters", __name__, url_prefix="/cohorts/<cohort>/roster")

Page = str | tuple[str, int] | AnyResponse


class RosterForm(FlaskForm):
    """A list of people, as a file or pasted."""

    file = FileField(_l("A CSV file"), render_kw={"accept": ".csv,.txt,.tsv,text/csv,text/plain"})
    text = TextAreaField(_l("Or paste the rows here"))


class TakeForm(FlaskForm):
    """The rows that are to be invited, as they were read."""

    text = TextAreaField(_l("The people who will be invited"))


@bp.record
def word_letters(state: BlueprintSetupState) -> None:
    """Hand the letters' words to the services when the site starts."""
    use_words(state.app, letter_words())


@bp.get("")
@access(Policy.TRAINER)
def roster(cohort: str) -> Page:
    """Choose a file or paste a list."""
    return _upload(cohort, RosterForm(formdata=None))


@bp.get("/template.csv")
@access(Policy.TRAINER)
def template(cohort: str) -> Response:
    """A file to begin with, in the page's language; spreadsheets need its byte order mark."""
    services.roster_page(signed_in_person(), cohort, now())
    header = (_("name"), _("language"), _("email"))
    rows = (header, ("Ana García", "es", "ana@example.org"), ("Sam Lee", "en", ""))
    text = "\ufeff" + "".join(",".join(row) + "\r\n" for row in rows)
    answer = Response(text, mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="roster.csv"'
    return answer


@bp.post("/preview")
@access(Policy.TRAINER)
def preview(cohort: str) -> Page:
    """Show every row and what is wrong at it; nothing is written."""
    form = RosterForm()
    given = _given(form)
    if isinstance(given, FileFault):
        return _unread(cohort, form, given)
    read = services.read_roster(signed_in_person(), cohort, given.text, now())
    if isinstance(read, FileFault):
        return _unread(cohort, form, read)
    return _preview(cohort, read, guessed=given.guessed)


@bp.post("")
@access(Policy.TRAINER)
def take(cohort: str) -> Page:
    """Make the invitations: for every row that was shown as ready, or for none."""
    form = TakeForm()
    text = form.text.data or ""
    taken = services.take_roster(signed_in_person(), cohort, text, now(), random.SystemRandom())
    if isinstance(taken, FileFault):
        return _unread(cohort, RosterForm(), taken)
    if isinstance(taken, Roster):
        return _preview(cohort, taken, refused=True), 422
    flash(ngettext("%(num)s invitation is made.", "%(num)s invitations are made.", taken))
    return redirect(url_for("rosters.invitations", cohort=cohort), code=303)


@bp.get("/invitations")
@access(Policy.TRAINER)
def invitations(cohort: str) -> Page:
    """Every open invitation with its link, fit to be printed."""
    page = services.invitations_page(signed_in_person(), cohort, now(), invitation_words())
    return render_template(
        "rosters/invitations.html",
        page=page,
        cohort=cohort,
        links={line.id: join_link(line.code) for line in page.invitations},
        sends_mail=site().settings.sends_mail,
    )


@bp.post("/invitations/<int:invitation_id>/revoke")
@access(Policy.TRAINER)
def revoke(cohort: str, invitation_id: int) -> Page:
    """Take one back."""
    revoke_invitation(signed_in_person(), cohort, invitation_id, now())
    flash(_("The invitation is taken back. Its link opens nothing any more."))
    return redirect(url_for("rosters.invitations", cohort=cohort), code=303)


@bp.post("/invitations/send")
@access(Policy.TRAINER)
def send(cohort: str) -> Page:
    """Write to the invited people who have an e-mail address, each once."""
    if not site().settings.sends_mail:
        abort(404)
    sent = services.queue_invitations(signed_in_person(), cohort, now(), invitation_words())
    flash(ngettext("%(num)s e-mail is on its way.", "%(num)s e-mails are on their way.", sent))
    return redirect(url_for("rosters.invitations", cohort=cohort), code=303)


@bp.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> tuple[str, int]:
    """Say what the limit is, where so much was sent that nothing of it was read."""
    del error
    words = Words(413, _("This list is too large"), too_large_text())
    return render_template("errors/error.html", words=words, way_on=None), words.status


def _given(form: RosterForm) -> RosterText | FileFault:
    """The chosen file, else what was pasted."""
    file = form.file.data
    if file:
        return read_bytes(file.read(MOST_BYTES + 1))
    return RosterText(form.text.data or "")


def _unread(cohort: str, form: RosterForm, fault: FileFault) -> tuple[str, int]:
    field = form.file if form.file.data else form.text
    field.errors = [file_fault_text(fault)]
    return _upload(cohort, form), 422


def _upload(cohort: str, form: RosterForm) -> str:
    return render_template(
        "rosters/roster.html",
        page=services.roster_page(signed_in_person(), cohort, now()),
        cohort=cohort,
        form=form,
        most_rows=MOST_ROWS,
        most_size=MOST_BYTES // KILOBYTE,
    )


def _preview(cohort: str, read: Roster, *, guessed: bool = False, refused: bool = False) -> str:
    mending = RosterForm(formdata=None, text=roster_csv(read.rows, read.faults))
    mending.text.id = "mend"  # it stands beside the other form's field
    return render_template(
        "rosters/preview.html",
        page=services.roster_page(signed_in_person(), cohort, now()),
        cohort=cohort,
        roster=read,
        form=TakeForm(formdata=None, text=roster_csv(read.rows)),
        mending=mending,
        reason_text=reason_text,
        guessed=guessed,
        refused=refused,
    )
