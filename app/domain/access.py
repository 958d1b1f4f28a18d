"""Who may do what: roles and named predicates."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.bilingual import Language


class Role(StrEnum):
    """What a person is here for."""

    CANDIDATE = "candidate"
    TRAINER = "trainer"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Person:
    """Who is asking, as the services see it."""

    id: int
    display_name: str
    role: Role
    language: Language
    time_factor: float = 1.0
    break_seconds: int | None = None
    """The person's own break; None where the blueprint's holds."""


def may_void(person: Person) -> bool:
    """Whether the person may give a mock try back, with a reason."""
    return person.role in {Role.TRAINER, Role.ADMINISTRATOR}


def may_administer(person: Person) -> bool:
    """Whether the person runs the site."""
    return person.role is Role.ADMINISTRATOR


def may_teach(person: Person) -> bool:
    """Whether the person may have cohorts."""
    return person.role in {Role.TRAINER, Role.ADMINISTRATOR}


def may_manage_cohort(person: Person, *, teaches: bool) -> bool:
    """Whether the person runs this cohort: its trainers, and every administrator.

    `teaches` says that the person is among its trainers; who is a candidate again is none.
    """
    return may_administer(person) or (may_teach(person) and teaches)


def may_see_practice(*, manages: bool, shares_practice: bool) -> bool:
    """Whether practice and mocks of a member may be seen, beside what was assigned."""
    return manages and shares_practice
