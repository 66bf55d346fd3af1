-- Each rule selects what breaks it; nothing selected is in order.

-- rule: a live session has what the ledger allows, or is being told
select format('session %s of line %s has %s, the ledger allows %s', r.session_id, r.line_id, r.granted, r.expected) as what
from radius.session_rights r
where r.granted <> r.expected
  and not exists (select from network_accesschange c where c.session_id = r.session_id and c.state = 'queued')

-- rule: usage is of a subscription that is there
select format('usage of %s of subscription %s: there is none', u."on", u.subscription_id) as what
from network_usage u
left join billing_subscription s on s.id = u.subscription_id
where s.id is null

-- rule: a session is alive or closed, not both
select format('session %s is alive and closed at once', s.unique_id) as what
from network_accesssession s
join network_closedsession c on c.id = s.id and c.unique_id = s.unique_id

-- rule: a line's device, port and login are of a line that is there
select format('%s %s: line %s is not there', one.what, one.id, one.line_id) as what
from (
    select 'session' as what, id, line_id from network_accesssession where line_id is not null
) one
left join subscribers_line l on l.id = one.line_id
where l.id is null
