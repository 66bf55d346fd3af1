-- What a date will ask for and what of it the money covers, by chunk, kind and way of charging; `decide.sql` decides
-- the same under the accounts' locks. `priced_kop` sums the prices of whole periods: a day's share of a month differs
-- from month to month, its price does not.
select width_bucket(account_id, %(firsts)s::bigint[]) as number, kind, charging,
       count(*) as charges,
       sum(priced_kop)::bigint as priced_kop,
       sum(due_kop)::bigint as due_kop,
       count(*) filter (where fits) as covered,
       coalesce(sum(priced_kop) filter (where fits), 0)::bigint as covered_priced_kop,
       coalesce(sum(due_kop) filter (where fits), 0)::bigint as covered_kop
from (
    select s.account_id, s.kind, s.charging, s.price_kop - s.discount_kop as priced_kop, x.due_kop,
           sum(x.due_kop) over (partition by s.account_id order by s.priority, s.id)
               <= a.balance_kop + coalesce(t.credit_limit_kop + t.deferral_kop, 0) as fits
    from billing_subscription s
    join ledger_account a on a.id = s.account_id
    left join billing_terms t on t.account_id = s.account_id
    join unnest(%(charging)s::text[], %(price_kop)s::bigint[], %(discount_kop)s::bigint[], %(anchor_day)s::smallint[],
                %(due_kop)s::bigint[])
        as x (charging, price_kop, discount_kop, anchor_day, due_kop)
        on x.charging = s.charging and x.price_kop = s.price_kop and x.discount_kop = s.discount_kop
       and x.anchor_day = s.anchor_day
    where s.state = 'active' and s.paid_until = %(on)s
      and not exists (select from billing_parkedaccount p where p.account_id = s.account_id)
) due
group by 1, 2, 3
order by 1, 2, 3
