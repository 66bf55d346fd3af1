-- A live session of every line that has a login, as its Start would have left it.
insert into network_accesssession (
    unique_id, nas_id, acct_session_id, user_name, line_id, way, mac, address, port, circuit_id, remote_id,
    started_at, updated_at, seconds, up_octets, down_octets, raw_up_octets, raw_down_octets, has_class, granted)
select md5(md5('s' || l.line_id) || ',' || to_hex(l.line_id)), (select id from network_nas where name = 'bench'),
    to_hex(l.line_id), l.name, l.line_id, 'login', d.mac, '10.0.0.0'::inet + l.line_id, 'pppoe', '', '',
    now() - interval '1 hour', now() - interval '1 hour', 0, 0, 0, 0, 0, true,
    radius.granted(r.rights, r.down_mbps, r.up_mbps, r.address)
from network_login l join radius.line_rights r on r.line_id = l.line_id
left join lateral (select mac from network_device d where d.line_id = l.line_id order by id limit 1) d on true
order by l.line_id
