-- Accounts below what they may owe now, each with the day since which without a break: where the ledger, read backwards,
-- last was not below. An overdue invoice counts from the day after it was to be paid.
-- Only transfers from `since` on are looked at: of who owed before, whether he paid in between.
select o.account_id, began."on" as began_on, began.id as began_id
from (
    select a.id as account_id, a.contract_id, a.balance_kop,
           coalesce(t.credit_limit_kop, 0) + coalesce(t.deferral_kop, 0) as limit_kop,
           t.withheld_limit_kop is not null as is_withheld, coalesce(d.looked_on, date '0001-01-01') as since
    from ledger_account a
    left join billing_terms t on t.account_id = a.id
    left join billing_debt d on d.account_id = a.id and d.ended_on is null
    where a.id >= 1000 and a.balance_kop < 0
      and a.balance_kop + coalesce(t.credit_limit_kop, 0) + coalesce(t.deferral_kop, 0) < 0
) o
cross join lateral (
    (
        select (i.data ->> 'pay_until')::date + 1 as "on", -i.id as id
        from billing_document i
        where o.is_withheld and i.contract_id = o.contract_id and i.kind = 'invoice' and i.correction = 0
          and (i.data ->> 'pay_until')::date < %(on)s::date
        order by i.month desc limit 1
    )
    union all
    (
        select back."on", back.id
        from (
            select moved."on", moved.id,
                   o.balance_kop - sum(moved.kop) over (order by moved."on" desc, moved.id desc) as before_kop
            from (
                select "on", id, -amount_kop as kop from ledger_transfer
                where debit_id = o.account_id and debit_id >= 1000 and "on" >= o.since
                union all
                select "on", id, amount_kop from ledger_transfer
                where credit_id = o.account_id and credit_id >= 1000 and "on" >= o.since
            ) moved
        ) back
        where not o.is_withheld and back.before_kop + o.limit_kop >= 0
        order by back."on" desc, back.id desc limit 1
    )
) began
