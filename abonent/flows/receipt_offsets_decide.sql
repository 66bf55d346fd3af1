-- What each account has spent of its advances up to a month's end, and what was offset before. An account whose month
-- is decided is passed over.
select a.id as account_id, charged_kop, advances_kop, balance_kop, transfers, offset_kop,
       least(greatest(charged_kop, 0), advances_kop - least(advances_kop, greatest(balance_kop, 0))) as spent_kop
from unnest(%(account_ids)s::bigint[]) as a (id)
cross join lateral (
    select count(*) as transfers,
           coalesce(sum(case when t.credit_id = a.id then t.amount_kop else -t.amount_kop end), 0)::bigint as balance_kop,
           coalesce(sum(case when house.kind <> 'revenue' then 0
                             when t.credit_id = a.id then -t.amount_kop else t.amount_kop end), 0)::bigint as charged_kop
    from (
        select debit_id, credit_id, amount_kop, debit_id as house_id from ledger_transfer
        where credit_id = a.id and credit_id >= 1000 and "on" < %(end)s
        union all
        select debit_id, credit_id, amount_kop, credit_id from ledger_transfer
        where debit_id = a.id and debit_id >= 1000 and "on" < %(end)s
    ) t
    join ledger_account house on house.id = t.house_id
) moved
cross join lateral (
    select greatest(0, coalesce(sum(case kind when 'advance' then amount_kop when 'refund' then -amount_kop end)
                                    filter (where "on" < %(end)s), 0))::bigint as advances_kop,
           coalesce(sum(case kind when 'offset' then amount_kop when 'offset_back' then -amount_kop end), 0)::bigint
               as offset_kop
    from payments_receipt r
    where r.account_id = a.id and r.way = any(%(ways)s)
) receipts
where not exists (
    select from payments_receipt r
    where r.account_id = a.id and r.kind in ('offset', 'offset_back') and to_char(r."on", 'YYYY-MM') = %(prefix)s
)
order by a.id
