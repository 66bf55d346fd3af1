-- The accounts that lost something on this date, and what each must pay today to have everything back.
insert into billing_changed (account_id, contract_id, missing_kop)
select a.id, a.contract_id,
       greatest(0, sum(x.due_kop) - a.balance_kop - coalesce(max(t.credit_limit_kop + t.deferral_kop), 0))::bigint
from ledger_account a
join billing_subscription s on s.account_id = a.id and s.state = 'suspended'
join unnest(%(charging)s::text[], %(price_kop)s::bigint[], %(due_kop)s::bigint[])
    as x (charging, price_kop, due_kop) on x.charging = s.charging and x.price_kop = s.price_kop
left join billing_terms t on t.account_id = a.id
where a.id in (select debit_id from billing_due where not fits)
  and a.id between %(first_account_id)s and %(last_account_id)s
  and s.account_id between %(first_account_id)s and %(last_account_id)s
group by a.id
order by a.id
