"""Tells whether an item's content has changed since it was last loaded."""

import json
from hashlib import sha256

from app.domain.item_content import content_of
from app.domain.items import Item


def content_hash(item: Item) -> str:
    """Give a SHA-256 in hex over everything that makes a revision.

    The status is left out: reviewing or retiring an item changes whether it is drawn, not
    what it says, so it must not make a new revision. The order of options, tags, sources and
    enemies in the file says nothing and is left out as well.
    """
    content = content_of(item)
    content["options"].sort(key=lambda option: option["id"])
    for unordered in ("tags", "sources", "enemies"):
        content[unordered].sort()
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode("utf-8")).hexdigest()
