-- Who went from which tariff to which, a step a row: changes done, tariffs begun beside none, tariffs ended for none.
-- Sums are of a month, as agreed, before discounts; what is charged by the day at a day's price counts thirty days.
with steps as (
    select change.id, change.effective_on as "on", change.account_id, was.id as from_id, now.id as to_id
    from billing_change change
    join billing_subscription now on now.id = change.result_id
    join billing_subscription was on was.id = change.subscription_id
    where change.what = 'tariff' and change.state = 'done'
      and change.effective_on >= %(start)s and change.effective_on < %(end)s
    union all
    select now.id, now.started_on, now.account_id, null, now.id
    from billing_subscription now
    where now.role = 'tariff' and now.started_on >= %(start)s and now.started_on < %(end)s
      and not exists (select from billing_change change where change.result_id = now.id and change.what = 'tariff')
    union all
    select was.id, was.ended_on, was.account_id, was.id, null
    from billing_subscription was
    where was.role = 'tariff' and was.ended_on >= %(start)s and was.ended_on < %(end)s
      and not exists (select from billing_change change where change.subscription_id = was.id
                      and change.what = 'tariff' and change.state = 'done' and change.result_id is not null)
), priced as (
    select steps.id, steps."on", steps.account_id,
           coalesce(old_offer.code, '') as from_code, coalesce(new_offer.code, '') as to_code,
           coalesce(was.price_kop * case was.charging when 'per_day' then 30 else 1 end, 0) as from_kop,
           coalesce(now.price_kop * case now.charging when 'per_day' then 30 else 1 end, 0) as to_kop
    from steps
    left join billing_subscription was on was.id = steps.from_id
    left join catalog_offerversion old_version on old_version.id = was.version_id
    left join catalog_offer old_offer on old_offer.id = old_version.offer_id
    left join billing_subscription now on now.id = steps.to_id
    left join catalog_offerversion new_version on new_version.id = now.version_id
    left join catalog_offer new_offer on new_offer.id = new_version.offer_id
)
