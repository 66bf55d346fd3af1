"""A customer's name as strangers may see it: a payer knows it again, a guesser of numbers learns nothing. Pure."""

from abonent.subscribers.models import CustomerKind

STARS = "*****"  # always as many: the length of a name is a clue


def name(full_name: str, kind: str) -> str:
    """A person, surname first: "Ivanov Ivan Ivanovich" → "I***** I. I.".

    A legal entity: its form stays, "LLC Chamomile" → "LLC C*****"; an entrepreneur's name is a person's.
    """
    words = full_name.translate({ord(one): " " for one in "«»„“”\"'"}).split()
    if kind == CustomerKind.PERSON:
        return " ".join([_stars(words[0]), *(f"{word[0]}." for word in words[1:])]) if words else ""
    form = words[:1] if len(words) > 1 and words[0].isupper() and len(words[0]) <= 5 else []
    return " ".join([*form, *(_stars(word) for word in words[len(form) :])])


def _stars(word: str) -> str:
    return f"{word[0]}{STARS}"
