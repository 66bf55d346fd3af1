-- What working subscriptions will ask for on the dates after `on` up to `last`, planned changes among them. Nothing is
-- asked of who is off or leaves by then.
select s.account_id, coalesce(v.charging, s.charging) as charging,
       coalesce(v.price_kop, s.price_kop) - case when v.id is null then s.discount_kop else 0 end as price_kop,
       s.anchor_day, s.paid_until
from billing_subscription s
left join billing_change g
    on g.subscription_id = s.id and g.state = 'planned' and g.what = 'tariff' and g.effective_on <= %(last)s
left join catalog_offerversion v on v.id = g.version_id
where s.state = 'active' and s.paid_until > %(on)s and s.paid_until <= %(last)s
  and not exists (
      select from billing_change g
      where g.subscription_id = s.id and g.state = 'planned' and g.what = 'addon_off' and g.effective_on <= s.paid_until
  )
  and s.account_id not in (select account_id from billing_parkedaccount)
  and s.account_id not in (select account_id from billing_pause where state = 'planned' and starts_on <= %(last)s)
  and s.account_id not in (select account_id from billing_ending where state = 'planned' and ends_on <= %(last)s)
