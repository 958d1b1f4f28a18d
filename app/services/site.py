"""What the whole site goes by: read from the bank's files once, at start."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.config import Settings
from app.domain.bilingual import Bilingual
from app.domain.blueprint import ExamBlueprint, ExamRules
from app.domain.items import Taxonomy


@dataclass(frozen=True, slots=True)
class Site:
    """Settings and the bank's frame: everything but the items."""

    settings: Settings
    blueprint: ExamBlueprint
    rules: ExamRules
    taxonomy: Taxonomy
    source_names: dict[str, Bilingual]

    def day(self, now: datetime) -> date:
        """The calendar day of `now` where the exam is held."""
        return now.astimezone(ZoneInfo(self.settings.time_zone)).date()
