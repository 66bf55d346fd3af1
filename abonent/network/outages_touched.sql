-- The lines that should work and cannot: of the outage's buildings, or whose session is, or was last, at its node.
insert into network_outageline (outage_id, line_id, contract_id, subscription_id)
select %(outage_id)s, l.id, l.contract_id, s.id
from (
    select l.id
    from network_outagebuilding b
    join addresses_premises p on p.building_id = b.building_id
    join subscribers_line l on l.premises_id = p.id
    where b.outage_id = %(outage_id)s
    union
    select n.line_id
    from network_outage o
    join network_accesssession n on n.nas_id = o.nas_id
    where o.id = %(outage_id)s and n.line_id is not null
    union
    select c.line_id
    from network_outage o
    join network_closedsession c on c.nas_id = o.nas_id
    where o.id = %(outage_id)s and c.line_id is not null and c.ended_at >= o.started_at - interval '1 day'
      and c.ended_on >= radius.date_of(o.started_at) - 1
      and not exists (select from network_accesssession n where n.line_id = c.line_id)
) touched
join subscribers_line l on l.id = touched.id
join billing_subscription s on s.line_id = l.id and s.role = 'tariff' and s.kind = 'internet' and s.state = 'active'
order by l.id
on conflict (outage_id, line_id) do nothing
