-- The accounts that lost something on this date, and what each must pay today to have everything back.
insert into billing_changed (account_id, contract_id, missing_kop)
select a.id, a.contract_id,
       greatest(0, sum(x.due_kop) - a.balance_kop - coalesce(max(t.credit_limit_kop + t.deferral_kop), 0))::bigint
from billing_asleep s
join ledger_account a on a.id = s.account_id
join unnest(%(charging)s::text[], %(price_kop)s::bigint[], %(discount_kop)s::bigint[], %(anchor_day)s::smallint[],
            %(due_kop)s::bigint[]) as x (charging, price_kop, discount_kop, anchor_day, due_kop)
    on x.charging = s.charging and x.price_kop = s.price_kop and x.discount_kop = s.discount_kop
   and x.anchor_day = s.anchor_day
left join billing_terms t on t.account_id = a.id
where a.id between %(first_account_id)s and %(last_account_id)s
group by a.id
order by a.id
