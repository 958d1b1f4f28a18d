"""Words that stems and options share without giving anything away."""

from app.domain.bilingual import Language

_ENGLISH = """
about after again also always another because been before being best both could does doing done
each either ever every first from have having help here him into itself just like made make
makes many might more most much must need needs never next once only other others over own
said same says she should since some such tell tells than that their them then there these
they this those through told under until upon very want wants were what when where which
while will with within without would your ask asks asked new
group peer peers peer's people people's person person's specialist specialist's support
"""

_SPANISH = """
además ahora algún alguna algunas alguno algunos alguien antes aquel aquella aunque cada como cómo
contra cuál cuáles cualquier cuando cuándo cuanto debe deben deber debería decir desde después
donde dónde durante ella ellas ellos entonces entre esas esos esta está están estar estas este
esto estos forma hacer hace hacia hasta luego manera mejor mientras mismo misma mucha mucho
muchas muchos nada ninguna ninguno nuestra nuestro nueva nuevo nunca otra otras otro otros para
pero poder porque primera primero puede pueden quien quién quiere quieren según sería siempre
sobre sola solo también tampoco tanto tener tiene tienen toda todas todo todos tras
apoyo especialista especialistas grupo pares persona personas
"""

FUNCTION_WORDS = {
    Language.EN: frozenset(_ENGLISH.split()),
    Language.ES: frozenset(_SPANISH.split()),
}
