-- Of each account with an invoice overdue on a date the newest one, and what is not paid up to its month: what the
-- balance would lack without the charges and fees made after that month, less what came back of those.
select i.account_id, i.contract_id, i.document_id, i.number, i.year, i.pay_until,
       (-(i.balance_kop + later.kop))::bigint as unpaid_kop
from (
    select distinct on (d.contract_id) a.id as account_id, a.balance_kop, d.contract_id, d.id as document_id, d.number,
           d.year, (d.data ->> 'pay_until')::date as pay_until, d.month
    from ledger_account a
    join billing_document d on d.contract_id = a.contract_id
    where a.id between %(first)s and %(last)s and (%(ids)s::bigint[] is null or a.id = any(%(ids)s::bigint[]))
      and d.kind = 'invoice' and d.correction = 0 and (d.data ->> 'pay_until')::date < %(on)s::date
    order by d.contract_id, d.month desc
) i
cross join lateral (select (i.month + interval '1 month')::date as since) after
cross join lateral (
    select coalesce(sum(t.amount_kop), 0) - coalesce((
        select sum(back.amount_kop)
        from ledger_transfer back
        left join billing_return r on r.transfer_on = back."on" and r.transfer_id = back.id
        left join billing_charge c
            on c.period_start = r.period_start and c.subscription_id = r.subscription_id and c.turn = r.turn
        where back.credit_id = i.account_id and back.credit_id >= 1000 and back."on" >= after.since
          and (back.reason = 'return' and c.charged_on >= after.since
               or back.reason = 'reversal' and back.reverses_on >= after.since and exists (
                   select from ledger_transfer was
                   where was."on" = back.reverses_on and was.id = back.reverses_id and was.reason in ('charge', 'fee')
               ))
    ), 0) as kop
    from ledger_transfer t
    where t.debit_id = i.account_id and t.debit_id >= 1000 and t."on" >= after.since and t.reason in ('charge', 'fee')
) later
where -(i.balance_kop + later.kop) > 0
order by i.account_id
