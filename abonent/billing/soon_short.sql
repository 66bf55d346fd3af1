-- The accounts whose money does not cover the coming days: few, and looked at by the day below.
create temporary table billing_soon_short on commit drop as
select asked.account_id,
       min(a.balance_kop + coalesce(t.credit_limit_kop + case when d.id is null then t.deferral_kop else 0 end, 0))
           as available_kop
from ({asked}) asked
join unnest(%(charging)s::text[], %(price_kop)s::bigint[], %(anchor_day)s::smallint[],
            %(paid_until)s::date[], %(total_kop)s::bigint[])
    as x (charging, price_kop, anchor_day, paid_until, total_kop)
    on x.charging = asked.charging and x.price_kop = asked.price_kop and x.anchor_day = asked.anchor_day
   and x.paid_until = asked.paid_until
join ledger_account a on a.id = asked.account_id
left join billing_terms t on t.account_id = asked.account_id
left join billing_deferral d on d.account_id = asked.account_id and d.ended_on is null and d.ends_on <= %(last)s
group by asked.account_id
having sum(x.total_kop) > min(a.balance_kop + coalesce(t.credit_limit_kop
                                                       + case when d.id is null then t.deferral_kop else 0 end, 0))
