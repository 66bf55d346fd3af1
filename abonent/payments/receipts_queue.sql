insert into payments_receipt (
    cause, kind, way, account_id, payment_id, amount_kop, "on", refund_external_id,
    charged_kop, advances_kop, balance_kop, transfers, state, turn, key, attempts, error, fn_number, fd_number, fp, link
)
select %(cause)s, %(kind)s::text, %(way)s, %(account_id)s::bigint, %(payment_id)s::bigint, %(amount_kop)s::bigint,
       %(on)s::date, %(refund_external_id)s, %(charged_kop)s::bigint, %(advances_kop)s::bigint,
       %(balance_kop)s::bigint, %(transfers)s::bigint, 'queued', 0,
       left(%(kind)s::text, 3) || '-' || left(encode(sha256(convert_to(s.name || ':' || %(known_as)s::text, 'UTF8')), 'hex'), 40),
       0, '', '', '', '', ''
from payments_receiptseries s {also}
on conflict (cause) do nothing
