-- What each account's money covers on one date, in order of priority: the first that does not fit and everything
-- after it does not. Amounts and periods come from the rule in Python, by price, as arrays.
create temporary table billing_due on commit drop as
select case when ordered.fits and ordered.due_kop > 0
            then nextval('ledger_transfer_id_seq') end as id,
       %(on)s::date as "on",
       ordered.account_id as debit_id,
       ordered.revenue_id as credit_id,
       case when ordered.fits then ordered.due_kop else 0 end as amount_kop,
       'charge'::text as reason,
       ordered.fits,
       ordered.subscription_id, ordered.kind, ordered.turn, ordered.price_kop, ordered.discount_kop,
       ordered.charging, ordered.anchor_day, ordered.due_kop,
       %(on)s::date as period_start, ordered.period_end, ordered.whole_start, ordered.whole_end,
       'active'::text as was_state, %(on)s::date as was_paid_until
from (
    select s.id as subscription_id, s.account_id, s.kind, s.turn, s.price_kop, s.discount_kop, s.charging, s.anchor_day,
           x.due_kop, x.period_end, x.whole_start, x.whole_end, revenue.id as revenue_id,
           sum(x.due_kop) over (partition by s.account_id order by s.priority, s.id)
               <= a.balance_kop + coalesce(t.credit_limit_kop + t.deferral_kop, 0) as fits
    from billing_subscription s
    join billing_locked l on l.id = s.account_id
    join ledger_account a on a.id = s.account_id
    left join billing_terms t
        on t.account_id = s.account_id and t.account_id between %(first_account_id)s and %(last_account_id)s
    join unnest(%(charging)s::text[], %(price_kop)s::bigint[], %(discount_kop)s::bigint[], %(anchor_day)s::smallint[],
                %(due_kop)s::bigint[], %(period_end)s::date[], %(whole_start)s::date[], %(whole_end)s::date[])
        as x (charging, price_kop, discount_kop, anchor_day, due_kop, period_end, whole_start, whole_end)
        on x.charging = s.charging and x.price_kop = s.price_kop and x.discount_kop = s.discount_kop
       and x.anchor_day = s.anchor_day
    join unnest(%(kinds)s::text[], %(revenue_ids)s::bigint[]) as revenue (kind, id) on revenue.kind = s.kind
    where s.account_id between %(first_account_id)s and %(last_account_id)s
      and a.id between %(first_account_id)s and %(last_account_id)s
      and s.state = 'active' and s.paid_until = %(on)s
) ordered
