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
