"""What Flask-Security is told: which of its pages there are, where, and how strict they are."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from app.config import Settings
from app.web.access import Policy
from app.web.security_texts import MESSAGES, SUBJECT_CHANGED

FRESH = timedelta(minutes=30)
"""How long after a sign-in the ways to sign in may be changed without proving it again."""
START = "start.home"

ARGON2 = {"argon2__memory_cost": 19456, "argon2__time_cost": 2, "argon2__parallelism": 1}

POLICIES = {
    "security.login": Policy.PUBLIC,
    "security.mf_recovery": Policy.PUBLIC,
    "security.tf_select": Policy.PUBLIC,
    "security.two_factor_rescue": Policy.PUBLIC,
    "security.two_factor_token_validation": Policy.PUBLIC,
    "security.wan_signin": Policy.PUBLIC,
    "security.wan_signin_response": Policy.PUBLIC,
    "security.change_password": Policy.SIGNED_IN,
    "security.logout": Policy.SIGNED_IN,
    "security.mf_recovery_codes": Policy.SIGNED_IN,
    "security.two_factor_setup": Policy.SIGNED_IN,
    "security.two_factor_setup_validate": Policy.SIGNED_IN,
    "security.verify": Policy.SIGNED_IN,
    "security.wan_delete": Policy.SIGNED_IN,
    "security.wan_register": Policy.SIGNED_IN,
    "security.wan_register_response": Policy.SIGNED_IN,
    "security.wan_verify": Policy.SIGNED_IN,
    "security.wan_verify_response": Policy.SIGNED_IN,
}

ADDRESSES = {
    "LOGIN_URL": "/sign-in",
    "LOGOUT_URL": "/sign-out",
    "VERIFY_URL": "/account/check",
    "CHANGE_URL": "/account/password",
    "TWO_FACTOR_SETUP_URL": "/account/two-step",
    "TWO_FACTOR_TOKEN_VALIDATION_URL": "/sign-in/code",
    "TWO_FACTOR_RESCUE_URL": "/sign-in/lost-phone",
    "TWO_FACTOR_SELECT_URL": "/sign-in/second-step",
    "MULTI_FACTOR_RECOVERY_CODES_URL": "/account/recovery-codes",
    "MULTI_FACTOR_RECOVERY_URL": "/sign-in/recovery-code",
    "WAN_REGISTER_URL": "/account/passkeys",
    "WAN_DELETE_URL": "/account/passkeys/remove",
    "WAN_SIGNIN_URL": "/sign-in/passkey",
    "WAN_VERIFY_URL": "/account/check/passkey",
}

WAYS_ON = {
    "POST_LOGIN_VIEW": START,
    "POST_LOGOUT_VIEW": "/",
    "POST_CHANGE_VIEW": "accounts.account",
    "POST_VERIFY_VIEW": "accounts.account",
    "TWO_FACTOR_POST_SETUP_VIEW": "accounts.account",
    "WAN_POST_REGISTER_VIEW": "security.wan_register",
}

HABITS = {
    "API_ENABLED_METHODS": ["session"],
    "CHANGEABLE": True,
    "CLI_ROLES_NAME": None,
    "CLI_USERS_NAME": None,
    "DATETIME_FACTORY": lambda: datetime.now(UTC),
    "EMAIL_HTML": False,
    "EMAIL_SUBJECT_PASSWORD_CHANGE_NOTICE": SUBJECT_CHANGED,
    "EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
    "FRESHNESS": FRESH,
    "FRESHNESS_GRACE_PERIOD": FRESH,
    "JOIN_USER_ROLES": False,
    "MULTI_FACTOR_RECOVERY_CODES": True,
    "MULTI_FACTOR_RECOVERY_CODES_N": 8,
    "PASSWORD_HASH": "argon2",
    "PASSWORD_HASH_PASSLIB_OPTIONS": ARGON2,
    "PASSWORD_SCHEMES": ["argon2"],
    "PASSWORD_SINGLE_HASH": ["argon2"],
    "RETURN_GENERIC_RESPONSES": True,
    "STATIC_FOLDER": None,
    "TOTP_ISSUER": "PeerPrep",
    "TWO_FACTOR": True,
    "TWO_FACTOR_AUTHENTICATOR_VALIDITY": 60,
    "TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
    "TWO_FACTOR_RESCUE_EMAIL": False,
    "USER_IDENTITY_ATTRIBUTES": [{"username": {"mapper": str, "case_insensitive": False}}],
    "WAN_ALLOW_USER_HINTS": False,
    "WAN_NAME_ALLOWED_CHARS": ["L", "M", "N", "P", "Zs"],
    "WAN_REGISTER_TIMEOUT": 180_000,
    "WAN_RP_NAME": "PeerPrep",
    "WAN_SIGNIN_TIMEOUT": 180_000,
    "WAN_SIGNIN_WITHIN": timedelta(minutes=4),
    "WEBAUTHN": True,
}


def security_config(secret: str) -> dict[str, object]:
    """Flask's configuration for Flask-Security."""
    own = {
        "TOTP_SECRETS": {1: _derived(secret, "totp").decode()},
        "MULTI_FACTOR_RECOVERY_CODES_KEYS": [_derived(secret, "recovery codes")],
    }
    messages = {f"MSG_{name}": value for name, value in MESSAGES.items()}
    every = {**ADDRESSES, **WAYS_ON, **HABITS, **own, **messages}
    return {f"SECURITY_{name}": value for name, value in every.items()}


def mail_config(settings: Settings) -> dict[str, object]:
    """Flask's configuration for the sending of letters."""
    sender = settings.mail_sender or f"peerprep@{settings.mail_server or 'localhost'}"
    return {
        "MAIL_BACKEND": "smtp" if settings.sends_mail else "console",
        "MAIL_SERVER": settings.mail_server or "localhost",
        "MAIL_PORT": settings.mail_port,
        "MAIL_USERNAME": settings.mail_username or None,
        "MAIL_PASSWORD": settings.mail_password or None,
        "MAIL_USE_TLS": settings.mail_tls,
        "MAIL_DEFAULT_SENDER": sender,
        "MAIL_TIMEOUT": 20,
    }


def _derived(secret: str, purpose: str) -> bytes:
    """A key for one purpose, from the site's secret."""
    digest = hmac.new(secret.encode(), f"peerprep {purpose}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest)
