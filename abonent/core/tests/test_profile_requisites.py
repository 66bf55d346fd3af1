"""Who sells: the requisites that stand on documents, each with its check digits."""

from pathlib import Path

import pytest

from abonent.core import profile
from abonent.core.tests.profile_folders import Edit


def test_an_operator_without_legal_entities_needs_no_requisites(folder: Path) -> None:
    path = folder.joinpath("profile.toml")
    path.write_text(path.read_text().partition("# Who sells")[0])
    assert profile.load(str(folder)).requisites is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'inn = "7899017429"',
            'inn = "7899017428"',
            "requisites.inn: «7899017428» is not allowed; allowed: an INN of 10 or 12 digits in quotes, its check "
            "digits right",
        ),
        (
            'ogrn = "1147899017420"',
            'ogrn = "114789901742"',
            "requisites.ogrn: «114789901742» is not allowed; allowed: an OGRN of 13 or 15 digits in quotes, its check "
            "digit right",
        ),
        ('kpp = "789901001"', "", "requisites: kpp: a company has one, an entrepreneur has none"),
        (
            'bik = "044099901"',
            'bik = "44099901"',
            "requisites.bank.bik: «44099901» is not allowed; allowed: a BIK of 9 digits in quotes, for example "
            '"044525225"',
        ),
        (
            'account = "40702810055000001742"',
            'account = "40702810055000001743"',
            "requisites.bank: account 40702810055000001743 is mistyped: 20 digits, one checks them against the BIK",
        ),
        (
            'correspondent_account = "30101810000000000901"',
            'correspondent_account = "30101810000000000902"',
            "requisites.bank: correspondent_account 30101810000000000902 is mistyped: 20 digits that end as the BIK "
            "does",
        ),
    ],
)
def test_a_slip_in_the_requisites_is_one_line(old: str, new: str, said: str, spoil: Edit) -> None:
    assert spoil("profile.toml", old, new) == f"profile.toml: {said}"
