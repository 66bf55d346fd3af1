"""Passwords that can be read out over a phone. Pure."""

import secrets

# Letters that sound the same in Russian and English and are not taken for one another on paper.
_CONSONANTS = "bdfgklmnprstvz"
_VOWELS = "aeiou"


def phrase(words: int) -> str:
    """ "badoni-kulesa-47": three syllables of 70 a word and two digits; two words are 43 bits, three 61.8."""
    return "-".join([*("".join(_syllable() for _ in range(3)) for _ in range(words)), f"{secrets.randbelow(100):02d}"])


def _syllable() -> str:
    return secrets.choice(_CONSONANTS) + secrets.choice(_VOWELS)
