-- The charges of an account from a date on of which nothing has come back, the oldest first.
select c.subscription_id, c.period_start, c.period_end, c.turn, c.whole_start, c.whole_end, c.price_kop,
       c.discount_kop, c.charging, c.proration_days, c.amount_kop
from billing_charge c
where c.account_id = %(account_id)s and c.period_start >= %(since)s::date
  and not exists (
      select from billing_return r
      where r.period_start = c.period_start and r.subscription_id = c.subscription_id and r.turn = c.turn
  )
order by c.period_start, c.subscription_id, c.turn
