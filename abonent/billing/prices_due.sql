-- The distinct prices of a chunk: few, so that the one rule in Python computes each amount once.
-- `due`: subscriptions to be charged; `overdue`: those that no rule of ours can have left so.
select s.charging, s.price_kop, s.discount_kop, s.anchor_day,
       count(*) filter (where s.paid_until = %(on)s) as due,
       count(*) filter (where s.paid_until < %(on)s) as overdue
from billing_subscription s
join billing_locked l on l.id = s.account_id
where s.account_id between %(first_account_id)s and %(last_account_id)s
  and s.state = 'active' and s.paid_until <= %(on)s
group by s.charging, s.price_kop, s.discount_kop, s.anchor_day
