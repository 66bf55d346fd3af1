-- How the crowd's lines come in: a login each, a router, a port; a second device in one flat of three.
insert into network_login (line_id, name, password)
select line_id, lower(number), 'net-' || lower(number) from crowd;
insert into network_binding (line_id, circuit_id, remote_id, any_device)
select line_id, '0x' || encode(convert_to('port-' || number, 'UTF8'), 'hex'), '', false from crowd;
insert into network_device (line_id, mac, name, source, registered_at)
select line_id, ('d807b6' || lpad(to_hex((%(seed)s * 10000000::bigint + n) %% 16777216), 6, '0'))::macaddr, 'Роутер',
    'engineer', %(signed_on)s::timestamptz
from crowd
union all
select line_id, ('a483e7' || lpad(to_hex((%(seed)s * 10000000::bigint + n) %% 16777216), 6, '0'))::macaddr, '',
    'typed', %(signed_on)s::timestamptz
from crowd where luck %% 3 = 0;
