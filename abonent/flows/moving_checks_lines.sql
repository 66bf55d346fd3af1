-- The rules that need lines: once the first ones hold, and lines stand.

-- rule: subscriptions.address_id.two_tariffs
select m.line, m.subscription_id as value
from (
    select own_id, line, row_number() over (partition by line_id order by line) as n from moving_tariff_ids
    where kind = 'internet' and line_id is not null
) t
join moving_subscriptions m on m.own_id = t.own_id
where t.n > 1
-- rule: subscriptions.tariff.no_parent
select line, tariff as value from moving_subscriptions
where is_new and role = 'addon' and state <> 'ended' and charging <> 'once' and parent_id is null
-- rule: devices.address_id.no_line
select line, coalesce(address_id, '') as value from moving_devices where is_new and line_id is null
