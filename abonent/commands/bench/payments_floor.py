"""The floor of `bench payments`: a bare view of the same server that does the INSERT and UPDATE of a payment, no more.

One transaction, two prepared statements: the payment's row; its key, transfer and balance. Nothing is looked up,
checked, resumed, told or logged.
"""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from abonent.core import clock, db
from abonent.ledger import accounts, transfers

_PAYMENT = """
    insert into payments_payment
        (account_id, channel, amount_kop, state, idempotence_key, request, external_id, confirmation_url, cancel_reason,
         method_title, "on", transfer_on, transfer_id, created_at, settled_at, note)
    values (%(account_id)s, 'osmp', 10000, 'succeeded', %(key)s, '{}', %(key)s, '', '', '', %(on)s, %(on)s,
            nextval('ledger_transfer_id_seq'), %(at)s, %(at)s, '')
    returning transfer_id
"""


def floor(request: HttpRequest) -> HttpResponse:
    """/bench/floor/?account_id=…&key=…"""
    account_id, key = request.GET["account_id"], request.GET["key"]
    at = clock.now()
    on = clock.on_date(at)
    with db.atomic():
        row = db.prepared_rows(_PAYMENT, {"account_id": account_id, "key": key, "on": on, "at": at})[0]
        moved = db.prepared_rows(
            transfers._POST,
            {
                "key": f"floor:{key}",
                "body_hash": hashlib.sha256(key.encode()).digest(),
                "id": str(row["transfer_id"]),
                "on": on,
                "debit_id": str(accounts.house_id("clearing:osmp")),
                "credit_id": account_id,
                "amount_kop": "10000",
                "reason": "payment",
                "reverses_on": None,
                "reverses_id": None,
            },
        )
    assert moved[0]["changed"] == 1, key
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns = [path("bench/floor/", floor), path("", include("abonent.urls"))]
