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

-- rule: what was given back for an outage was moved once, to a line that it touched
select format('outage %s gave line %s %s kopecks: its transfer is not there, or the line was not touched',
              c.outage_id, c.line_id, c.amount_kop) as what
from network_outagecredit c
where not exists (select from network_outageline t where t.outage_id = c.outage_id and t.line_id = c.line_id)
   or c.amount_kop > 0 and not exists (
       select from ledger_transfer x
       where x."on" = c.transfer_on and x.id = c.transfer_id and x.credit_id = c.account_id
         and x.amount_kop = c.amount_kop and x.reason = 'bonus'
   )

-- rule: an address of one's own is paid for by an add-on that lasts
select format('address %s of line %s: its add-on %s has ended', host(a.address), a.line_id, a.subscription_id) as what
from network_staticaddress a
join billing_subscription s on s.id = a.subscription_id
where s.state = 'ended' and s.ended_on < radius.today() - 1
