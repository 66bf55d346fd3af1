-- The last documents of a month whose charges are no longer what they say: a charge came late, or money came back.
-- The same sums as month_charges.sql gives, of many contracts at once.
select d.contract_id, d.month, min(d.id) as document_id
from (
    select distinct on (contract_id, month, kind) id, contract_id, month, total_kop
    from billing_document
    where month = any(%(months)s::date[])
    order by contract_id, month, kind, correction desc
) d
join ledger_account a on a.contract_id = d.contract_id
cross join lateral (
    select coalesce(sum(x.amount_kop - x.returned_kop + coalesce(mended.kop, 0)), 0)::bigint as kop
    from (
        select c.amount_kop, c.transfer_on, c.transfer_id, coalesce(r.amount_kop, 0) as returned_kop,
               r.transfer_on as return_on, r.transfer_id as return_id
        from billing_charge c
        left join billing_return r
            on r.period_start = c.period_start and r.subscription_id = c.subscription_id and r.turn = c.turn
        where c.account_id = a.id and c.transfer_id is not null
          and c.charged_on >= d.month and c.charged_on < d.month + interval '1 month'
          and c.period_start >= d.month and c.period_start < d.month + interval '1 month' + interval '62 days'
        union all
        select t.amount_kop, t."on", t.id, 0, null, null
        from ledger_transfer t
        where t.debit_id = a.id and t.debit_id >= 1000 and t.reason = 'fee'
          and t."on" >= d.month and t."on" < d.month + interval '1 month'
    ) x
    left join lateral (
        select sum(case when t.debit_id = a.id then t.amount_kop else -t.amount_kop end) as kop
        from (
            select credit_id, debit_id, amount_kop, reverses_on, reverses_id from ledger_transfer
            where credit_id = a.id and credit_id >= 1000 and "on" >= d.month and reverses_id is not null
            union all
            select credit_id, debit_id, amount_kop, reverses_on, reverses_id from ledger_transfer
            where debit_id = a.id and debit_id >= 1000 and "on" >= d.month and reverses_id is not null
        ) t
        where (t.reverses_on = x.transfer_on and t.reverses_id = x.transfer_id)
           or (t.reverses_on = x.return_on and t.reverses_id = x.return_id)
    ) mended on true
) kept
where d.total_kop <> kept.kop
group by d.contract_id, d.month
order by d.month, d.contract_id
