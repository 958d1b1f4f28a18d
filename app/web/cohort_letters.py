"""The letters of cohorts, in the reader's language. Subjects give nothing away.

They are also written where no request is: a thread of the server reminds of due dates.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import force_locale, gettext

from app.domain.bilingual import Language
from app.domain.codes import shown_code
from app.services.assignment_letters import AssignmentNews, LetterWords
from app.services.mail import Letter
from app.services.rosters import InvitationNews, InvitationWords
from app.web.site import site
from app.web.templating import day_text, time_text, zone_name


def letter_words() -> LetterWords:
    """The words of the letters about assignments."""
    return LetterWords(new_assignment=new_assignment_letter, due_soon=due_soon_letter)


def invitation_words() -> InvitationWords:
    """The words of the letter with an invitation."""
    subjects = []
    for language in Language:
        with force_locale(language.value):
            subjects.append(_invitation_subject())
    return InvitationWords(write=invitation_letter, subjects=tuple(subjects))


def new_assignment_letter(news: AssignmentNews) -> Letter:
    """Tells a member what is set."""
    with force_locale(news.language.value):
        greeting = _set_until(news) if news.due_at else _set_without_end(news)
        subject = gettext("PeerPrep: something new is assigned to you")
        return Letter(subject, f"{greeting}\n\n{_opening(news)}\n\n{_why()}", news.language)


def due_soon_letter(news: AssignmentNews) -> Letter:
    """Reminds a member of what can soon no longer be started."""
    with force_locale(news.language.value):
        told = gettext(
            "Hello %(name)s,\n\n"
            "“%(title)s” in your cohort %(cohort)s can be started until %(moment)s.\n\n"
            "If you have begun, your answers are saved and you keep your whole time. "
            "If you cannot do it in time, please tell your trainer.",
            name=news.reader,
            title=news.title.text(news.language),
            cohort=news.cohort,
            moment=_due(news),
        )
        subject = gettext("PeerPrep: something is due soon")
        return Letter(subject, f"{told}\n\n{_opening(news)}\n\n{_why()}", news.language)


def invitation_letter(news: InvitationNews) -> Letter:
    """Brings a person the link into a cohort."""
    with force_locale(news.language.value):
        body = gettext(
            "Hello %(name)s,\n\n"
            "%(trainer)s invites you to the cohort %(cohort)s on PeerPrep, a free site to "
            "practice on.\n\n"
            "This link is for you alone. It works once, until %(moment)s:\n%(link)s\n\n"
            "Before you join, the page says what your trainer will see. "
            "If this e-mail is not for you, do nothing: nobody is told.",
            name=news.reader,
            trainer=news.trainer,
            cohort=news.cohort,
            moment=_moment(news.expires_at, news.time_zone, news.language),
            link=join_link(news.code),
        )
        return Letter(_invitation_subject(), body, news.language)


def join_link(code: str) -> str:
    """The address that the code opens."""
    return _link("joining.join_page", code=shown_code(code))


def _invitation_subject() -> str:
    return str(gettext("PeerPrep: an invitation for you"))


def _set_until(news: AssignmentNews) -> str:
    return str(
        gettext(
            "Hello %(name)s,\n\n"
            "“%(title)s” is assigned to you in your cohort %(cohort)s.\n\n"
            "You can start it until %(moment)s. "
            "If you start before then, you keep your whole time.",
            name=news.reader,
            title=news.title.text(news.language),
            cohort=news.cohort,
            moment=_due(news),
        )
    )


def _set_without_end(news: AssignmentNews) -> str:
    return str(
        gettext(
            "Hello %(name)s,\n\n"
            "“%(title)s” is assigned to you in your cohort %(cohort)s.\n\n"
            "It has no due date: start whenever you are ready.",
            name=news.reader,
            title=news.title.text(news.language),
            cohort=news.cohort,
        )
    )


def _opening(news: AssignmentNews) -> str:
    link = _link("assigned.assignment", assignment=news.handle)
    return str(gettext("Open this page to see it:\n%(link)s", link=link))


def _why() -> str:
    return str(
        gettext(
            "You get this e-mail because you gave PeerPrep your e-mail address. "
            "You can remove it on the page My account."
        )
    )


def _due(news: AssignmentNews) -> str:
    assert news.due_at is not None  # noqa: S101 - the callers tell of one
    return _moment(news.due_at, news.time_zone, news.language)


def _moment(moment: datetime, zone: str, language: Language) -> str:
    """Day, time and zone; the pages' own filter asks the request which language it is."""
    there = moment.astimezone(ZoneInfo(zone))
    time = time_text(there.time(), language)
    day = day_text(there.date())
    return str(gettext("%(day)s, %(time)s (%(zone)s)", day=day, time=time, zone=zone_name(zone)))


def _link(endpoint: str, **values: str) -> str:
    """Built from the configured address, and without a request."""
    path = current_app.url_map.bind("localhost").build(endpoint, values)
    return site().settings.address + path
