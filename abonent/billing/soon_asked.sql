-- What working subscriptions will ask for on the dates after `on` up to `last`: as they are, or as a planned tariff will
-- have it, at the price announced for then. Nothing is asked of who is off or leaves by then.
select s.account_id, s.charging, greatest(coalesce(announced.price_kop, s.price_kop) - s.discount_kop, 0) as price_kop,
       s.anchor_day, s.paid_until
from billing_subscription s
left join (
    select subscription_id, (array_agg(new_price_kop order by number desc))[1] as price_kop
    from billing_repriceable where moves_from <= paid_until group by 1
) announced on announced.subscription_id = s.id
where s.state = 'active' and s.paid_until > %(on)s and s.paid_until <= %(last)s
  and s.id not in (
      select subscription_id from billing_change
      where state = 'planned' and what in ('tariff', 'addon_off') and effective_on <= %(last)s
  )
  and s.account_id not in (select account_id from billing_parkedaccount)
  and s.account_id not in (select account_id from billing_pause where state = 'planned' and starts_on <= %(last)s)
  and s.account_id not in (select account_id from billing_ending where state = 'planned' and ends_on <= %(last)s)
union all
select s.account_id, v.charging, v.price_kop, s.anchor_day, s.paid_until
from billing_change g
join billing_subscription s on s.id = g.subscription_id
join catalog_offerversion v on v.id = g.version_id
where g.state = 'planned' and g.what = 'tariff' and g.effective_on <= %(last)s
  and s.state = 'active' and s.paid_until > %(on)s and s.paid_until <= %(last)s
  and s.account_id not in (select account_id from billing_parkedaccount)
  and s.account_id not in (select account_id from billing_pause where state = 'planned' and starts_on <= %(last)s)
  and s.account_id not in (select account_id from billing_ending where state = 'planned' and ends_on <= %(last)s)
