"""A bank's statement is loaded: each transfer once, to its contract, or to the queue where staff decide."""

from datetime import date, timedelta

import pytest

from abonent.billing.models import Document
from abonent.billing.tests import builder
from abonent.core import clock
from abonent.core.models import AuditEntry
from abonent.flows import cash_desk, crediting, import_statement, refunding
from abonent.flows.import_statement import Report, Sum
from abonent.ledger.models import Account
from abonent.payments import bank_entries, refunds
from abonent.payments.models import Payment
from abonent.payments.models_desk import BankEntry, BankStatement, Refund
from abonent.subscribers.models import Contract, Customer
from tests import bank as books
from tests import statements
from tests.bank import TODAY, alarms, balance
from tests.statements import Paper

INN, OTHER_INN = "7707083893", "7728168971"


def load(*papers: Paper, received: str, closing: str, **words: object) -> Report:
    content = statements.content(*papers, received=received, closing=closing, **words)  # type: ignore[arg-type]
    return import_statement.load(content, actor="accountant", on=TODAY)


def load_one(purpose: str, *, amount: str = "500.00", inn: str = "", payer: str = "Кто-то") -> BankEntry:
    closing = {"500.00": "1500.00"}[amount]
    load(Paper("17", amount, purpose, inn=inn, payer=payer), received=amount, closing=closing)
    return BankEntry.objects.get()


def contract(account: Account) -> Contract:
    assert account.contract is not None
    return account.contract


def named(account: Account, *, inn: str = "", full_name: str = "") -> Customer:
    customer = contract(account).customer
    customer.inn, customer.full_name = inn or customer.inn, full_name or customer.full_name
    customer.save()
    return customer


def test_a_transfer_is_credited_by_its_contract_and_loaded_again_changes_nothing(payer: Account) -> None:
    number = contract(payer).number
    papers = (
        Paper("17", "500,00", f"Оплата по договору №{number}"),
        Paper("18", "1 000,00", "Благодарность"),
        Paper("19", "300.00", "Зачисление средств по эквайрингу за 08.11"),
        Paper("20", "50.00", "Аренда", outgoing=True),
    )
    first = load(*papers, received="1800.00", spent="50.00", closing="2750.00")
    assert (first.incoming, first.known) == (Sum(3, 1800_00), Sum(0, 0))
    assert (first.credited, first.queued, first.ignored) == (Sum(1, 500_00), Sum(1, 1000_00), Sum(1, 300_00))
    assert (first.outgoing, first.others, first.problem) == (Sum(1, 50_00), 0, "")
    again = load(*papers, received="1800.00", spent="50.00", closing="2750.00")
    assert (again.known, again.credited, again.queued) == (Sum(3, 1800_00), Sum(0, 0), Sum(0, 0))
    assert (balance(payer), books.notices(payer), alarms()) == ("500.00", ["payment_received"], [])
    payment = Payment.objects.get()
    assert (payment.channel, payment.on, payment.transfer_on) == ("bank", date(2026, 11, 9), date(2026, 11, 9))
    assert BankStatement.objects.count() == 2
    assert [one.new_count for one in BankStatement.objects.order_by("id")] == [3, 0]


def test_a_longer_file_of_the_same_day_credits_only_what_is_new(payer: Account) -> None:
    number = contract(payer).number
    first = Paper("17", "500.00", f"договор {number}")
    load(first, received="500.00", closing="1500.00")
    said = load(first, Paper("18", "100.00", f"договор {number}"), received="600.00", closing="1600.00")
    assert (said.known.documents, said.credited, balance(payer)) == (1, Sum(1, 100_00), "600.00")


def test_a_dry_run_says_it_all_and_writes_nothing(payer: Account) -> None:
    content = statements.content(
        Paper("17", "500.00", f"договор {contract(payer).number}"), received="500.00", closing="1500.00"
    )
    said = import_statement.load(content, actor="accountant", on=TODAY, dry_run=True)
    assert said.credited == Sum(1, 500_00)
    assert (balance(payer), BankEntry.objects.count(), BankStatement.objects.count()) == ("0.00", 0, 0)


def test_a_suspended_service_goes_on_when_the_money_is_seen_not_when_it_came(payer: Account) -> None:
    builder.subscribe(payer, "300,00", str(TODAY))
    load_one(f"договор {contract(payer).number}")
    assert balance(payer) == "290.00"  # 500 − 300 × 21 ÷ 30, from the 10th; the money came on the 9th
    assert builder.charged(payer) == [("2026-11-10", "2026-12-01", "210.00")]


def test_the_bare_number_of_a_contract_counts_with_its_owners_name(payer: Account) -> None:
    named(payer, full_name="Соловьёв Пётр Ильич")
    number = contract(payer).number
    assert load_one(f"за интернет {number}", payer="СОЛОВЬЕВ ПЕТР ИЛЬИЧ").matched_by == "contract"


def test_the_bare_number_of_a_contract_is_only_a_suggestion_otherwise(payer: Account) -> None:
    number = contract(payer).number
    entry = load_one(f"за интернет {number}", payer="Петров")
    assert (entry.state, entry.suggested, balance(payer)) == ("queued", number, "0.00")


def test_two_contracts_in_one_purpose_wait_for_a_person(payer: Account) -> None:
    other = builder.account()
    entry = load_one(f"договор {contract(payer).number} и договор {contract(other).number}")
    assert (entry.state, entry.why) == ("queued", "the purpose names several contracts")


def test_a_closed_contract_is_not_credited(payer: Account) -> None:
    number = contract(payer).number
    Contract.objects.filter(number=number).update(closed_on=TODAY)
    assert load_one(f"договор {number}").why == f"contract {number} is closed"


def test_the_only_contract_of_an_inn_is_credited(payer: Account) -> None:
    named(payer, inn=INN)
    entry = load_one("Оплата услуг связи", inn=INN)
    assert (entry.state, entry.matched_by, balance(payer)) == ("credited", "inn", "500.00")


def test_an_inn_with_two_contracts_is_a_persons_to_decide(payer: Account) -> None:
    customer = named(payer, inn=INN)
    other = builder.account()
    Contract.objects.filter(id=contract(other).pk).update(customer=customer)
    assert load_one("Оплата услуг связи", inn=INN).state == "queued"


@pytest.fixture
def company(noon: None) -> Account:
    """Its invoices here are bare rows: `verify` would miss their counter and lines."""
    return builder.account()


def invoice(account: Account, number: int) -> None:
    Document.objects.create(
        contract=contract(account), kind="invoice", month=date(2026, 10, 1), year=2026, number=number,
        issued_on=date(2026, 10, 31), total_kop=500_00, vat_kop=0, data={},
    )  # fmt: skip


@pytest.mark.parametrize("purpose", ["Оплата счета № 42 от 31.10.2026", "Оплата по счету 42"])
def test_an_invoice_names_its_contract(company: Account, purpose: str) -> None:
    named(company, inn=INN)
    invoice(company, 42)
    assert load_one(purpose, inn=INN).matched_by == "invoice"
    assert balance(company) == "500.00"


def test_an_invoice_of_another_company_is_only_a_suggestion(company: Account) -> None:
    """Invoices have small numbers: our 42 is not the 42 of somebody else's supplier."""
    named(company, inn=INN)
    invoice(company, 42)
    entry = load_one("Оплата счета № 42", inn=OTHER_INN)
    assert (entry.state, entry.suggested) == ("queued", contract(company).number)


def test_an_invoice_of_another_day_is_another_invoice(company: Account) -> None:
    invoice(company, 42)
    assert load_one("Оплата счета № 42 от 30.09.2026").state == "queued"


def test_staff_assign_once_and_correct_and_assign_anew(payer: Account) -> None:
    entry = load_one("Благодарность")
    other = builder.account()
    done = import_statement.assign(entry_id=entry.pk, contract_number=contract(other).number, actor="accountant")
    assert (done.state, done.matched_by, balance(other)) == ("credited", "staff", "500.00")
    with pytest.raises(bank_entries.UnableToDecide):
        import_statement.assign(entry_id=entry.pk, contract_number=contract(payer).number, actor="accountant")
    assert done.payment_id is not None
    cash_desk.correct(payment_id=done.payment_id, actor="accountant", why="the neighbour's", on=TODAY)
    assert (balance(other), BankEntry.objects.get().state, books.broken()) == ("0.00", "queued", [])
    import_statement.assign(entry_id=entry.pk, contract_number=contract(payer).number, actor="accountant")
    assert (balance(payer), balance(other), Payment.objects.count()) == ("500.00", "0.00", 2)
    assert AuditEntry.objects.filter(action="payments.assign_bank_entry", actor="accountant").count() == 2


def test_staff_send_a_strangers_money_back_with_a_reason(payer: Account) -> None:
    entry = load_one("Благодарность")
    with pytest.raises(bank_entries.UnableToDecide):
        import_statement.send_back(entry_id=entry.pk, actor="accountant", why=" ")
    import_statement.send_back(entry_id=entry.pk, actor="accountant", why="order 5 of 10.11.2026")
    assert (BankEntry.objects.get().state, bank_entries.queue()) == ("returned", [])
    with pytest.raises(bank_entries.UnableToDecide):
        import_statement.assign(entry_id=entry.pk, contract_number=contract(payer).number, actor="accountant")


def test_a_document_doubled_in_the_file_is_credited_once_and_the_second_is_asked_about(payer: Account) -> None:
    paper = Paper("17", "500.00", f"договор {contract(payer).number}")
    for _ in range(2):
        load(paper, paper, received="1000.00", closing="2000.00")
    assert (balance(payer), [one.why for one in bank_entries.queue()]) == ("500.00", [import_statement.TWIN])


def test_a_cut_file_credits_nothing_at_all(payer: Account) -> None:
    papers = [Paper(str(n), "500.00", f"договор {contract(payer).number}") for n in range(3)]
    whole = statements.content(*papers, received="1500.00", closing="2500.00")
    with pytest.raises(import_statement.UnableToLoad, match=r"line \d+: the file is cut"):
        import_statement.load(whole[: len(whole) * 3 // 4], actor="accountant", on=TODAY)
    assert (balance(payer), BankEntry.objects.count()) == ("0.00", 0)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({"received": "500.00", "closing": "1400.00"}, "the bank closes with 1400.00"),
        ({"received": "600.00", "closing": "1600.00"}, "the bank says 600.00 was received, its documents are 500.00"),
        ({"received": "500.00", "spent": "1.00", "closing": "1499.00"}, "1.00 was spent, its documents are 0.00"),
    ],
)
def test_sums_that_do_not_add_up_are_an_alarm(payer: Account, words: dict[str, str], problem: str) -> None:
    said = load(Paper("17", "500.00", f"договор {contract(payer).number}"), **words)
    assert problem in said.problem
    assert (balance(payer), len(alarms())) == ("500.00", 1)  # what is there is there


def test_a_day_left_out_shows_in_the_balance(payer: Account) -> None:
    load(received="0", closing="1000.00", first=date(2026, 11, 5), last=date(2026, 11, 5))
    said = load(received="0", opening="1200.00", closing="1200.00")
    assert "the statement up to 2026-11-05 closed with 1000.00: one in between is missing" in said.problem


def test_another_accounts_statement_is_refused() -> None:
    content = statements.content(received="0", closing="1000.00", account="40702810900000000009")
    with pytest.raises(import_statement.UnableToLoad, match="line 8: the statement is of account 4070281090000000000"):
        import_statement.load(content, actor="accountant", on=TODAY)


@pytest.mark.parametrize("on", ["11.11.2026", "01.01.1926"])
def test_money_of_tomorrow_or_of_another_age_is_refused(payer: Account, on: str) -> None:
    with pytest.raises(import_statement.UnableToLoad, match="line 17: the money came on"):
        load(Paper("17", "500.00", "x", on=on), received="500.00", closing="1500.00")


def test_what_a_kill_left_uncredited_is_credited_by_the_schedule(
    payer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the power is gone")

    with monkeypatch.context() as broken:
        broken.setattr(crediting, "credit", fail)
        with pytest.raises(RuntimeError, match="power"):
            load_one(f"договор {contract(payer).number}")
    assert (balance(payer), BankEntry.objects.get().state, Payment.objects.count()) == ("0.00", "new", 0)
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert [import_statement.credit_new() for _ in range(2)] == [1, 0]
    assert (balance(payer), Payment.objects.get().on) == ("500.00", date(2026, 11, 9))


def test_a_refund_of_a_bank_transfer_is_written_by_its_order(payer: Account) -> None:
    load_one(f"договор {contract(payer).number}")

    def give(token: str) -> Refund:
        return refunding.give_by_order(
            payment_id=Payment.objects.get().pk,
            amount_kop=100_00,
            order_number="5",
            submit_token=token,
            actor="accountant",
            why="asked",
            on=TODAY,
        )

    token = books.fresh_token()
    assert give(token) == give(token)
    assert balance(payer) == "400.00"
    with pytest.raises(refunds.TokenUsed, match="written down already"):
        give(books.fresh_token())


def test_a_cards_number_in_a_purpose_is_masked_before_it_is_kept(payer: Account) -> None:
    entry = load_one("Пополнение с карты 4111 1111 1111 1111")
    assert entry.purpose == "Пополнение с карты •••• 1111"
