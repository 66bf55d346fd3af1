"""Check digits, of Russian requisites and of cards: a slip of the keyboard shows before it does harm. Pure."""

from collections.abc import Sequence

_INN_WEIGHTS = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)  # of the longest; a shorter one takes the last of them
_ACCOUNT_WEIGHTS = (7, 1, 3)


def inn(digits: str) -> bool:
    """10 digits of a company, 12 of an entrepreneur."""
    if not _is_number(digits, 10, 12):
        return False
    checked = (9,) if len(digits) == 10 else (10, 11)
    return all(_weighted(digits[:n], _INN_WEIGHTS[-n:]) % 11 % 10 == int(digits[n]) for n in checked)


def ogrn(digits: str) -> bool:
    """13 digits of a company, 15 of an entrepreneur."""
    return _is_number(digits, 13, 15) and int(digits[:-1]) % (len(digits) - 2) % 10 == int(digits[-1])


def settlement_account(digits: str, bik: str) -> bool:
    """A client's account, 20 digits, in the bank of that BIK."""
    return _account(digits, bik, bik[-3:])


def correspondent_account(digits: str, bik: str) -> bool:
    """The bank's own account, 20 digits, at the bank of Russia; it ends as the bank's BIK does."""
    return _account(digits, bik, f"0{bik[4:6]}") and digits[-3:] == bik[-3:]


def luhn(digits: str) -> bool:
    """Of a card's number, whatever its length."""
    doubled = [int(one) * (1 + place % 2) for place, one in enumerate(reversed(digits))]
    return sum(one - 9 if one > 9 else one for one in doubled) % 10 == 0


def _account(digits: str, bik: str, prefix: str) -> bool:
    whole = prefix + digits
    if not (_is_number(digits, 20) and _is_number(bik, 9)):
        return False
    weights = [_ACCOUNT_WEIGHTS[n % 3] for n in range(len(whole))]
    return sum(int(d) * w % 10 for d, w in zip(whole, weights, strict=True)) % 10 == 0


def _weighted(digits: str, weights: Sequence[int]) -> int:
    return sum(int(d) * w for d, w in zip(digits, weights, strict=True))


def _is_number(digits: str, *lengths: int) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) in lengths
