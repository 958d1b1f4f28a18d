"""Letters: queued in the same transaction as what they tell of, sent beside the requests."""

import logging
import smtplib
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_mailman import EmailMessage

from app.domain.bilingual import Language
from app.storage import mail as storage
from app.storage.database import db, reading
from app.storage.mail import OutboxRow

MOST_TRIES = 8
KEPT = timedelta(days=30)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """A plain letter in one language."""

    subject: str
    body: str
    language: Language


def queue_letter(person_id: int, recipient: str, letter: Letter, now: datetime) -> None:
    """Put the letter into the outbox; the caller commits."""
    db.session.add(
        OutboxRow(
            person_id=person_id,
            recipient=recipient,
            subject=letter.subject,
            body=letter.body,
            language=letter.language.value,
            created_at=now,
            tries=0,
        )
    )


def drain_outbox(now: datetime) -> int:
    """Send what waits and say how much went; a failed letter is tried again next time.

    No transaction is open while the mail server is spoken to.
    """
    with reading():
        rows = storage.waiting(MOST_TRIES)
        db.session.expunge_all()
        db.session.rollback()
    sent = sum(_send(row, now) for row in rows)
    if rows:
        storage.delete_before(now - KEPT)
        db.session.commit()
    return sent


def _send(row: OutboxRow, now: datetime) -> bool:
    claimed = storage.claim(row)
    db.session.commit()
    if not claimed:
        return False
    try:
        EmailMessage(row.subject, row.body, to=[row.recipient]).send()
    except (OSError, smtplib.SMTPException) as error:
        log.warning("letter %d was not sent: %s", row.id, type(error).__name__)
        return False
    storage.mark_sent(row.id, now)
    db.session.commit()
    return True
