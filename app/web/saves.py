"""What the exam page's script asks for: the paper and its saves."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from app.domain.bilingual import Bilingual, Language
from app.domain.errors import DomainError, SignedOut
from app.services import saves as services
from app.services.paper import Paper, PaperItem, open_paper
from app.services.sign_ins import Proof
from app.web.access import Policy, access
from app.web.added_time import told
from app.web.clock import now
from app.web.error_words import REFUSALS
from app.web.language import current_language
from app.web.observed import refused_as
from app.web.save_bodies import CODES, answer_to_save, batch_from_json, wish_from_json
from app.web.saves_first import let_through
from app.web.signed_in import proof_of_sign_in
from app.web.site import site

bp = Blueprint("saves", __name__)


@bp.post("/attempts/<handle>/responses")
@access(Policy.AT_GATE)
def save(handle: str) -> Response:
    """What changed in the browser; the answer means that it is on disk."""
    proof, batch = _proof(), batch_from_json(request.get_json(silent=True))
    saved = services.save_batch(proof, handle, batch, now(), site())
    let_through(current_app, proof)
    answer = answer_to_save(saved, [told(added) for added in saved.added])
    return Response(answer, mimetype="application/json")


@bp.post("/attempts/<handle>/paper")
@access(Policy.AT_GATE)
def paper(handle: str) -> Response:
    """The whole form without keys, and the right to write to it, for one page at a time."""
    wish = wish_from_json(request.get_json(silent=True))
    person = services.signed_in_person(_proof(), now())
    return jsonify(_sheet(open_paper(person, handle, wish, current_language(), now(), site())))


@bp.errorhandler(DomainError)
def refuse(error: DomainError) -> tuple[Response, int]:
    """The refusal with a code for the script and words for its reader."""
    refused_as(type(error).__name__)
    words = REFUSALS[type(error)]
    return jsonify(error=CODES[type(error)], text=str(words.text)), words.status


def _proof() -> Proof:
    proof = proof_of_sign_in()
    if proof is None:
        raise SignedOut
    return proof


def _sheet(paper: Paper) -> dict[str, Any]:
    face = paper.clock
    return {
        "writer": paper.writer,
        "language": paper.languages[0].value,
        "both": paper.side_by_side,
        "position": paper.position,
        "reach": paper.reach,
        "last": paper.last,
        "break_after": paper.break_after,
        "break_decided": paper.break_decided,
        "lock_first_part": paper.lock_first_part,
        "seq": paper.seq,
        "seconds_left": None if face is None else face.seconds_left,
        "added": [] if face is None else [told(added) for added in face.added],
        "edition": paper.edition,
        "items": _items(paper),
        "marks": {str(position): asdict(mark) for position, mark in paper.marks.items()},
    }


def _items(paper: Paper) -> list[dict[str, Any]] | None:
    if paper.items is None:
        return None
    return [_item(item, paper.languages) for item in paper.items]


def _item(item: PaperItem, languages: tuple[Language, ...]) -> dict[str, Any]:
    return {
        "position": item.position,
        "part": item.part,
        "sensitive": item.sensitive,
        "stem": _texts(item.stem, languages),
        "options": [{"id": id_, **_texts(text, languages)} for id_, text in item.options],
    }


def _texts(text: Bilingual, languages: tuple[Language, ...]) -> dict[str, str]:
    return {language.value: text.text(language) for language in languages}
