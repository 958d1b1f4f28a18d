"""An item's content as JSON-able values, for immutable revisions."""

from typing import Any

from app.domain.bilingual import Bilingual
from app.domain.items import Item, ItemStatus, Level, Option, SourceRef


def content_of(item: Item) -> dict[str, Any]:
    """Everything of the item that a revision keeps: all but its status."""
    return {
        "id": item.id,
        "oshpd": item.oshpd,
        "samhsa": item.samhsa,
        "competency": item.competency,
        "focus_area": item.focus_area,
        "ethics": item.ethics,
        "level": item.level.value,
        "difficulty": item.difficulty,
        "tags": list(item.tags),
        "sources": [[source.id, source.place] for source in item.sources],
        "enemies": list(item.enemies),
        "stem": _pair(item.stem),
        "options": [
            {
                "id": option.id,
                "text": _pair(option.text),
                "rationale": _pair(option.rationale),
                "misconception": option.misconception,
            }
            for option in item.options
        ],
        "key": item.key,
    }


def item_from_content(content: dict[str, Any]) -> Item:
    """The item that `content_of` was made of; its status is the item's, not the revision's."""
    return Item(
        id=content["id"],
        status=ItemStatus.REVIEWED,
        oshpd=content["oshpd"],
        samhsa=content["samhsa"],
        competency=content["competency"],
        focus_area=content["focus_area"],
        ethics=content["ethics"],
        level=Level(content["level"]),
        difficulty=content["difficulty"],
        tags=tuple(content["tags"]),
        sources=tuple(SourceRef(*source) for source in content["sources"]),
        enemies=tuple(content["enemies"]),
        stem=Bilingual(*content["stem"]),
        options=tuple(
            Option(
                id=option["id"],
                text=Bilingual(*option["text"]),
                rationale=Bilingual(*option["rationale"]),
                misconception=option["misconception"],
            )
            for option in content["options"]
        ),
        key=content["key"],
    )


def _pair(text: Bilingual) -> list[str]:
    return [text.en, text.es]
