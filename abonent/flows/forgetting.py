"""Forget at the law's terms, by night: whose contracts are long closed; requests that led nowhere. Never money."""

from datetime import date, datetime, timedelta

from django.conf import settings

from abonent.conversations import forgetting as talks
from abonent.core import audit, clock, db, periods
from abonent.identity import forgetting as sign_ins
from abonent.network import forgetting as lines
from abonent.onboarding import forgetting as requests
from abonent.subscribers import finding, forgetting

ACTOR = "system:forgetting"
AT_ONCE = 500  # of a night: the rest has time until the next one


def forget_due(now: datetime) -> dict[str, int]:
    """Forget what is due; give how many of each. Twice is once; each person in a transaction of his own.

    After `retention.contract_years` since his last contract was closed: how to reach him, his devices, what was said
    with him, photos of his home. After `retention.accounting_years`, if those are more: who he was, his papers.
    """
    today, terms = clock.on_date(now), settings.PROFILE.retention
    names_after_years = max(terms.contract_years, terms.accounting_years)
    contacts = forgetting.due_to_lose_contacts(_years_ago(today, terms.contract_years), limit=AT_ONCE)
    for customer_id, user_id in contacts.items():
        with db.atomic():
            forgetting.lose_contacts(customer_id, on=today)
            contract_ids = forgetting.contracts_of(customer_id)
            talks.forget(contract_ids)
            requests.forget_visits(contract_ids)
            lines.forget(forgetting.lines_of(contract_ids))
            if user_id is not None:
                sign_ins.forget_user(user_id)
            _record("lose_contacts", f"customer:{customer_id}")
    names = forgetting.due_to_lose_names(_years_ago(today, names_after_years), limit=AT_ONCE)
    for customer_id in names:
        with db.atomic():
            forgetting.lose_name(customer_id, on=today)
            requests.forget_papers(customer_id, forgetting.contracts_of(customer_id))
            _record("lose_name", f"customer:{customer_id}")
    if names:
        with db.atomic():
            finding.forget_words()
    before = clock.at_noon(today - timedelta(days=terms.request_days))
    with db.atomic():
        forgotten = requests.forget(before, limit=AT_ONCE)
    return {"contacts": len(contacts), "names": len(names), "requests": forgotten}


def _years_ago(on: date, years: int) -> date:
    return periods.month(on, -12 * years)


def _record(action: str, subject: str) -> None:
    audit.record(actor=ACTOR, action=f"subscribers.{action}", subject=subject, why="the term of the law")
