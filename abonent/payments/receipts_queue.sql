insert into payments_receipt (
    cause, kind, way, account_id, payment_id, amount_kop, "on", refund_external_id,
    charged_kop, advances_kop, balance_kop, transfers, state, turn, key, attempts, error, fn_number, fd_number, fp, link
)
select %(cause)s, %(kind)s, %(way)s, %(account_id)s, %(payment_id)s, %(amount_kop)s, %(on)s, %(refund_external_id)s,
       %(charged_kop)s, %(advances_kop)s, %(balance_kop)s, %(transfers)s, 'queued', 0,
       left(%(kind)s, 3) || '-' || left(encode(sha256(convert_to(s.name || ':' || %(known_as)s, 'UTF8')), 'hex'), 40),
       0, '', '', '', '', ''
from payments_receiptseries s
on conflict (cause) do nothing
