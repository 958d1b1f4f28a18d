"""Flask-Security's texts: the site's own words where its words are cold, Spanish for `es`.

Its Spanish is filed as es_ES, which a page in `es` would not find.
"""

from importlib.resources import files

from babel.support import NullTranslations, Translations
from flask import Flask
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString
from flask_security.babel import FsDomain

from app.domain.bilingual import Language
from app.web.language import current_language

ERROR, INFO, SUCCESS = "error", "info", "success"

MESSAGES = {
    "ANONYMOUS_USER_REQUIRED": (lazy_gettext("You are signed in already."), INFO),
    "API_ERROR": (lazy_gettext("That could not be read. Please try again."), ERROR),
    "DISABLED_ACCOUNT": (lazy_gettext("This account is closed for now."), ERROR),
    "INVALID_CODE": (lazy_gettext("That code did not match. Please try again."), ERROR),
    "INVALID_INPUT": (lazy_gettext("Please use letters, numbers and simple signs."), ERROR),
    "INVALID_INPUT_LENGTH": (lazy_gettext("Please use a shorter text."), ERROR),
    "INVALID_RECOVERY_CODE": (
        lazy_gettext("That code did not match, or it was used before. Please try another one."),
        ERROR,
    ),
    "INVALID_REDIRECT": (lazy_gettext("That page is not on this site."), ERROR),
    "NO_RECOVERY_CODES_SETUP": (lazy_gettext("You have no recovery codes yet."), INFO),
    "PASSWORD_CHANGE": (
        lazy_gettext("Your new password is set. Other browsers were signed out."),
        SUCCESS,
    ),
    "REAUTHENTICATION_REQUIRED": (
        lazy_gettext("To keep your account safe, please show once more that it is you."),
        INFO,
    ),
    "REAUTHENTICATION_SUCCESSFUL": (lazy_gettext("Thank you."), SUCCESS),
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": (
        lazy_gettext("Two-step sign-in is on. Please get recovery codes too, for a lost phone."),
        SUCCESS,
    ),
    "TWO_FACTOR_DISABLED": (lazy_gettext("Two-step sign-in with a code is off."), SUCCESS),
    "TWO_FACTOR_INVALID_TOKEN": (
        lazy_gettext("That code did not match. Please use the newest one; each works once."),
        ERROR,
    ),
    "TWO_FACTOR_LOGIN_SUCCESSFUL": (lazy_gettext("You are signed in."), SUCCESS),
    "TWO_FACTOR_METHOD_NOT_AVAILABLE": (lazy_gettext("Please choose one of the ways."), ERROR),
    "TWO_FACTOR_PERMISSION_DENIED": (lazy_gettext("Please start with your password."), INFO),
    "TWO_FACTOR_SETUP_EXPIRED": (
        lazy_gettext("That page had been open for too long. Please start again."),
        INFO,
    ),
    "UNAUTHENTICATED": (lazy_gettext("Please sign in first."), INFO),
    "WEBAUTHN_CREDENTIAL_DELETED": (
        lazy_gettext("The passkey “%(name)s” is removed."),
        SUCCESS,
    ),
    "WEBAUTHN_CREDENTIAL_ID_INUSE": (lazy_gettext("You have added this passkey before."), INFO),
    "WEBAUTHN_CREDENTIAL_WRONG_USAGE": (
        lazy_gettext("This passkey was added for another use. Please sign in another way."),
        ERROR,
    ),
    "WEBAUTHN_EXPIRED": (
        lazy_gettext("That page had been open for too long. Please start again."),
        INFO,
    ),
    "WEBAUTHN_MISMATCH_USER_HANDLE": (
        lazy_gettext("This passkey belongs to another account."),
        ERROR,
    ),
    "WEBAUTHN_NAME_DISALLOWED_CHARACTERS": (
        lazy_gettext("Please use letters, numbers and simple signs."),
        ERROR,
    ),
    "WEBAUTHN_NAME_INUSE": (
        lazy_gettext("You have a passkey named “%(name)s”. Please use another name."),
        ERROR,
    ),
    "WEBAUTHN_NAME_NOT_FOUND": (lazy_gettext("You have no passkey named “%(name)s”."), ERROR),
    "WEBAUTHN_NAME_REQUIRED": (lazy_gettext("Please give the passkey a name."), ERROR),
    "WEBAUTHN_NO_VERIFY": (
        lazy_gettext("The passkey did not work here. Please try again or sign in another way."),
        ERROR,
    ),
    "WEBAUTHN_ORPHAN_CREDENTIAL_ID": (lazy_gettext("This site does not know that passkey."), ERROR),
    "WEBAUTHN_REGISTER_SUCCESSFUL": (lazy_gettext("The passkey “%(name)s” is added."), SUCCESS),
    "WEBAUTHN_UNKNOWN_CREDENTIAL_ID": (
        lazy_gettext("This site does not know that passkey."),
        ERROR,
    ),
}
SUBJECT_CHANGED = lazy_gettext("PeerPrep: your password was changed")


class SecurityTexts(FsDomain):
    """Translates what Flask-Security says."""

    def __init__(self, app: Flask) -> None:
        """Read its Spanish once."""
        super().__init__(app)
        folder = files("flask_security") / "translations"
        self.spanish = Translations.load(str(folder), ["es_ES"], "flask_security")

    def gettext(self, string: str | LazyString, **variables: object) -> str:
        """The site's own text, or the library's in the page's language."""
        own = isinstance(string, LazyString)
        text = str(string) if own else self._library().gettext(string)
        return text % variables if variables else text

    def _library(self) -> NullTranslations:
        return self.spanish if current_language() is Language.ES else NullTranslations()
