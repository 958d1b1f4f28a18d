"""Small banks to read and check: the shipped registries with items made here."""

import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from app.bank.files import BankFiles, ItemPlace
from app.bank.lines import KeyLines
from app.bank.reader import read_bank
from app.domain.items import Item

SHIPPED = Path(__file__).parents[1] / "question_bank"
GOOD_ID = "oshpd03-0001"
GOOD_PATH = f"items/03/{GOOD_ID}.toml"
GOOD_TEXT = """\
id = "oshpd03-0001"
status = "reviewed"
oshpd = 3
samhsa = "IX.6"
competency = 16
focus_area = 1
ethics = "confidentiality"
level = "application"
difficulty = 0.7
tags = ["confidentiality"]
sources = [{ id = "medi-cal-ethics", place = "Confidentiality" }]
enemies = []
key = "k7f"

[stem]
en = "Rosa's aunt calls the clinic. She wants to know when Rosa comes in. \
Rosa has signed no papers about her. What should the peer support specialist say?"
es = "La tía de Rosa llama a la clínica. Quiere saber cuándo viene Rosa. \
Rosa no ha firmado nada sobre ella. ¿Qué debe decir la especialista en apoyo entre pares?"

[[options]]
id = "q2m"
misconception = "confidentiality_breach"
en = "That they meet on Monday mornings"
es = "Que se reúnen los lunes por la mañana"
[options.rationale]
en = "The day may seem harmless, but it tells a stranger that she gets services."
es = "El día parece inofensivo, pero le revela a otra persona que recibe servicios."

[[options]]
id = "k7f"
en = "That no names can be confirmed here"
es = "Que aquí no se puede confirmar ningún nombre"
[options.rationale]
en = "Even the fact that someone gets services is private until she agrees in writing."
es = "Hasta el hecho de recibir servicios es privado mientras ella no autorice por escrito."

[[options]]
id = "b0x"
misconception = "boundary"
en = "That she may leave a long letter"
es = "Que puede dejar una carta larga aquí"
[options.rationale]
en = "Taking a letter sounds kind, but accepting it shows that the person is known there."
es = "Recibir una carta parece amable, pero aceptarla muestra que la conocen en ese lugar."

[[options]]
id = "z4d"
misconception = "wrong_order"
en = "That the doctor will call back"
es = "Que el médico le devolverá la llamada"
[options.rationale]
en = "A promise to call back also shows that the person is known, and nobody has agreed."
es = "Prometer una llamada también muestra que la conocen, y nadie lo ha autorizado."
"""


def make_bank(root: Path, items: dict[str, str] | None = None) -> Path:
    """Lay the shipped registries and the given files below `root`, which need not be there."""
    root.mkdir(parents=True, exist_ok=True)
    for file in SHIPPED.iterdir():
        if file.is_file():
            shutil.copy(file, root)
    for path, text in (items or {}).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


def good_bank(root: Path) -> BankFiles:
    """A bank that holds the one good item."""
    return read_bank(make_bank(root, {GOOD_PATH: GOOD_TEXT}))


def holding(files: BankFiles, items: Iterable[Item]) -> BankFiles:
    """The same bank with other items, each said to stand where the good one does."""
    held = tuple(items)
    lines = KeyLines(GOOD_TEXT)
    places = {item.id: ItemPlace(f"items/{item.id}.toml", lines) for item in held}
    return replace(files, items=held, places=places)


def numbered(item: Item, count: int) -> list[Item]:
    """Copies of the item under ids of their own."""
    return [replace(item, id=f"oshpd03-{number:04d}") for number in range(1, count + 1)]
