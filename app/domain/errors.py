"""What the rules refuse. Errors carry data; the web layer has the words."""

from dataclasses import dataclass
from datetime import date, datetime


class DomainError(Exception):
    """A rule says no."""


class NotFound(DomainError):
    """No such thing, or not this person's: the two answer alike."""


class LookOver(NotFound):
    """Somebody who may ask for a record has no open look at it."""


class LinkGone(NotFound):
    """A one-time link that was used, is too old, or never was: the three answer alike."""


class SignedOut(DomainError):
    """The sign-in has ended; what was sent is asked for again after a new one."""


class WritesElsewhere(DomainError):
    """Another page, perhaps on another device, has taken the attempt over."""


class AttemptFinished(DomainError):
    """The attempt has ended; its result can be read."""


class TimeIsUp(DomainError):
    """The deadline and the tolerance lie behind."""


class BreakRunning(DomainError):
    """The person is on the break; items are closed until it ends."""


class BreakNotOffered(DomainError):
    """There is no break to take or skip now."""


class NotOnForm(DomainError):
    """No such position, or the option belongs to another item."""


class PartNotReached(DomainError):
    """The item lies behind the break."""


class PartLocked(DomainError):
    """The item lies before the break, and this site locks the first part."""


class LanguageFixed(DomainError):
    """The language was chosen at the start and cannot change."""


class AnswerShown(DomainError):
    """Key and rationale of the item have been shown; its response stands."""


class AlreadyVoided(DomainError):
    """The try was given back before."""


class AnotherRuns(DomainError):
    """The attempt cannot be opened again: its candidate is at work on another of its kind."""


class NotEndedByClock(DomainError):
    """Only what the clock has ended can be opened again."""


class ChangedMeanwhile(DomainError):
    """Somebody else changed what the form shows, after it was opened; nothing was saved."""


@dataclass(eq=False)
class ResultNotReady(DomainError):
    """The attempt still runs; `position` is where it stands."""

    position: int


@dataclass(eq=False)
class FeedbackLater(DomainError):
    """The attempt has ended, and its result opens when the assignment is due."""

    opens_at: datetime
    time_zone: str | None
    """The cohort's; None where the assignment is gone."""


class CodeGone(NotFound):
    """A cohort's code that was taken back, has run out, was used, or never was."""


class AssignmentWithdrawn(NotFound):
    """The trainer took the assignment back; told to the members of its cohort alone."""


class AlreadyMember(DomainError):
    """The person is in this cohort already."""


class OwnCohort(DomainError):
    """Who trains a cohort does not join it as well."""


class LastTrainer(DomainError):
    """A cohort keeps at least one trainer."""


class CohortArchived(DomainError):
    """The cohort is put away: it can be read, and nothing starts in it."""


@dataclass(eq=False)
class NotOpenYet(DomainError):
    """The assignment opens later."""

    opens_at: datetime


@dataclass(eq=False)
class PastDue(DomainError):
    """The assignment could be started until its due date."""

    due_at: datetime


@dataclass(eq=False)
class NoAttemptLeft(DomainError):
    """Every attempt that the assignment allows was used."""

    allowed: int


@dataclass(eq=False)
class MaintenanceMode(DomainError):
    """The site is being looked after: nothing new starts. `reason` may be empty."""

    reason: str


@dataclass(eq=False)
class NoTryLeft(DomainError):
    """The three-tries rule refuses another mock."""

    reason: str
    used: int
    limit: int
    next_on: date | None


@dataclass(frozen=True, slots=True)
class Shortfall:
    """One rule that a form cannot meet: `needed` items where only `available` are."""

    rule: str
    area: str | None
    needed: int
    available: int


@dataclass(eq=False)
class CannotDraw(DomainError):
    """No form meets every rule of the blueprint."""

    shortfalls: tuple[Shortfall, ...]
