-- What is due on a date, by kind and price.
select s.kind, s.charging, s.price_kop, s.discount_kop, s.anchor_day, count(*) as charges
from billing_subscription s
where s.state = 'active' and s.paid_until = %(on)s
  and not exists (select from billing_parkedaccount p where p.account_id = s.account_id)
group by s.kind, s.charging, s.price_kop, s.discount_kop, s.anchor_day
