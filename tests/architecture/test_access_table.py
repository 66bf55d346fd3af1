"""A new address says who may open it: a row in docs/ACCESS.md. Whether it is so, tests/stories/test_access.py walks."""

from abonent.urls import urlpatterns
from tests.stories import access


def test_every_address_has_a_row_of_who_may_open_it() -> None:
    addresses = {access.address_of(one) for one in urlpatterns}
    table = access.read()
    missing = [
        f"docs/ACCESS.md lacks: | `/{one}` | stranger | owner | another | staff it opens to | the other staff |"
        for one in sorted(addresses - set(table))
    ]
    assert missing == []
    assert sorted(set(table) - addresses) == []


def test_the_table_reads_a_row_as_it_is_written() -> None:
    row = access.read()["staff/petitions/"]
    assert (row.stranger, row.owner, row.another, row.others) == ("sign in", "refused", "refused", "refused")
    assert row.roles == {"manager", "accountant", "admin"}
    assert row.of_role("cashier") == "refused"
