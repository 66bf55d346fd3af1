-- All that the network knows of each line of a contract, for «why is there no internet»: its rights, its newest session
-- and what that should have, the last answer, how the last session ended, devices.
select l.id as line_id, r.rights, r.reason,
       s.id as session_id, s.started_at, s.updated_at, s.granted, sr.expected, s.mac::text as session_mac,
       host(s.address) as session_address, n.name as nas, n.interim_seconds,
       exists (
           select from network_accesschange c where c.session_id = s.id and c.state = 'queued'
       ) as is_changing,
       a.at as answered_at, a.is_accepted, a.reason as answer, a.mac::text as answer_mac,
       z.ended_at, z.cause as end_cause,
       (select count(*) from network_device d where d.line_id = l.id) as devices,
       (select count(*) from network_sighting g where g.line_id = l.id) as sightings
from subscribers_line l
join radius.line_rights r on r.line_id = l.id
left join lateral (
    select * from network_accesssession s where s.line_id = l.id order by s.updated_at desc, s.id desc limit 1
) s on true
left join radius.session_rights sr on sr.session_id = s.id
left join network_nas n on n.id = s.nas_id
left join lateral (
    select * from network_authorisation a where a.line_id = l.id order by a.id desc limit 1
) a on true
left join lateral (
    select c.ended_at, c.cause from network_closedsession c where c.line_id = l.id order by c.ended_at desc limit 1
) z on true
where l.contract_id = %s
order by l.id
