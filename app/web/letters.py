"""The letters that the site sends, in the reader's language. Subjects give nothing away."""

from flask import url_for
from flask_babel import force_locale, gettext
from flask_security import MailUtil

from app.domain.bilingual import Language
from app.services.mail import Letter, queue_letter
from app.storage.people import PersonRow
from app.web.clock import now
from app.web.site import site


class OutboxMail(MailUtil):
    """Flask-Security's letters go into the outbox; people without an address get none."""

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: str | tuple[str, str] | None,
        sender: object,
        body: str | None,
        html: str | None,
        **kwargs: object,
    ) -> None:
        """The library's call, inside its transaction."""
        del template, sender, html
        person = kwargs.get("user")
        if isinstance(recipient, str) and body and isinstance(person, PersonRow):
            letter = Letter(str(subject), body, Language(person.language))
            queue_letter(person.id, recipient, letter, now())


def confirm_letter(token: str, language: Language) -> Letter:
    """Asks whether the address is the reader's."""
    link = _link("accounts.confirm_email_page", token)
    with force_locale(language.value):
        return Letter(
            gettext("PeerPrep: please confirm your e-mail address"),
            gettext(
                "Somebody, most likely you, gave this e-mail address to PeerPrep.\n\n"
                "If it was you, open this page within a day and confirm it:\n%(link)s\n\n"
                "If it was not you, do nothing: the address is not used.",
                link=link,
            ),
            language,
        )


def reset_letter(person: PersonRow, token: str) -> Letter:
    """The link to a new password."""
    language = Language(person.language)
    link = _link("accounts.reset_by_link_page", token)
    with force_locale(language.value):
        return Letter(
            gettext("PeerPrep: a new password"),
            gettext(
                "Hello %(name)s,\n\n"
                "open this page within 30 minutes to set a new password. It works once:\n"
                "%(link)s\n\n"
                "Your sign-in name is %(username)s.\n\n"
                "If you did not ask for it, do nothing: your password stays as it is.",
                name=person.display_name,
                link=link,
                username=person.username,
            ),
            language,
        )


def was_reset_letter(person: PersonRow) -> Letter:
    """Tells that a new password was set."""
    language = Language(person.language)
    with force_locale(language.value):
        return Letter(
            gettext("PeerPrep: your password was changed"),
            gettext(
                "Hello %(name)s,\n\n"
                "a new password was set for your account, and every browser was signed out.\n\n"
                "If that was not you, please tell the people who run the site.",
                name=person.display_name,
            ),
            language,
        )


def _link(endpoint: str, token: str) -> str:
    """Built from the configured address, never from what a request claims."""
    return site().settings.address + url_for(endpoint, token=token)
