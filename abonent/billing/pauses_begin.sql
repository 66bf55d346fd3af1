-- What works on a pause's first date stops with its paid days; its add-ons stand still beside it.
update billing_subscription s
set state = 'paused', stopped_on = %(on)s
from billing_pause u
where u.account_id = s.account_id and u.state = 'planned' and u.starts_on <= %(on)s
  and (u.ends_on is null or u.ends_on > %(on)s)
  and (u.kind = 'pause' or s.charging in ('day', 'per_day'))
  and s.role = 'tariff' and s.state = 'active' and s.account_id = any(%(ids)s);

update billing_subscription s
set state = 'standing', stopped_on = %(on)s
from billing_subscription parent
where parent.id = s.parent_id and parent.state = 'paused' and parent.stopped_on = %(on)s
  and s.state = 'active' and s.account_id = any(%(ids)s);

-- Where nothing worked there is nothing to pause.
update billing_pause u
set state = case when exists (
        select from billing_subscription s where s.account_id = u.account_id and s.state = 'paused'
    ) then 'running' else 'void' end
where u.state = 'planned' and u.starts_on <= %(on)s and u.account_id = any(%(ids)s)
