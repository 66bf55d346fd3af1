-- What FreeRADIUS may ask. Its role executes these functions and sees no table: the ones it may call run with their
-- owner's rights, under a fixed search path, and so does all that they call. The rule of access stands once, in the view `radius.line_rights`: answers, CoA, the reconciler and
-- `verify` all read it.
create schema radius;

do $$
begin
    if not exists (select from pg_roles where rolname = 'abonent_radius') then
        create role abonent_radius nologin;
    end if;
exception when duplicate_object or unique_violation then null;  -- another database's migration made it meanwhile
end $$;

-- The operator's instant: the sandbox's offset included.
create function radius.now_at() returns timestamptz language sql stable as $$
    select clock_timestamp() + make_interval(secs => clock_offset_seconds) from public.core_installation
$$;

create function radius.date_of(at timestamptz) returns date language sql stable as $$
    select (at at time zone time_zone)::date from public.core_installation
$$;

-- A MAC in any notation: AA-BB-…, aa:bb:…, aabb.ccdd.eeff, aabbccddeeff, and DHCP's client id «1:aa:bb:…».
create function radius.mac(typed text) returns macaddr language sql immutable as $$
    select case when bare ~ '^[0-9a-f]{12}$' then bare::macaddr end
    from (select regexp_replace(
        regexp_replace(lower(typed), '^0?1:(?=([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$)', ''), '[:.-]', '', 'g'
    ) as bare) one
$$;

-- Option 82 as FreeRADIUS prints octets: «0x…»; what a NAS sends as text is kept as its bytes.
create function radius.octets(printed text) returns text language sql immutable as $$
    select case
        when coalesce(printed, '') = '' then ''
        when lower(printed) ~ '^0x([0-9a-f]{2})+$' then left(lower(printed), 512)
        else left('0x' || encode(convert_to(printed, 'UTF8'), 'hex'), 512)
    end
$$;

-- Whether a line may work, and how fast: now, by the ledger. One row a line.
create view radius.line_rights as
select l.id as line_id,
    s.id as subscription_id,
    case
        when s.id is null then 'closed'
        when s.state = 'active' and coalesce(s.paid_until > through."on", true) then 'open'
        else 'walled'
    end as rights,
    case
        when s.id is null then 'closed'
        when s.state = 'active' and coalesce(s.paid_until > through."on", true) then 'open'
        when s.state = 'active' then 'unpaid'
        when s.state = 'suspended' then 'debt'
        else s.state
    end as reason,
    coalesce(v.down_mbps, 100) as down_mbps,
    coalesce(v.up_mbps, 100) as up_mbps,
    host(a.address) as address
from public.subscribers_line l
left join public.billing_subscription s
    on s.line_id = l.id and s.role = 'tariff' and s.kind = 'internet' and s.state <> 'ended'
left join public.catalog_offerversion v on v.id = s.version_id
left join public.network_staticaddress a on a.line_id = l.id
left join public.billing_chargedthrough through on true;

-- What a line is given, in one word to compare: "open:300:300:-", "walled", "closed".
create function radius.granted(rights text, down_mbps int, up_mbps int, address text) returns text
language sql immutable as $$
    select case when rights = 'open' then format('open:%s:%s:%s', down_mbps, up_mbps, coalesce(address, '-'))
        else rights end
$$;

-- What each live session should have now, beside what it was given.
create view radius.session_rights as
select s.id as session_id, s.nas_id, s.line_id, s.granted, r.reason,
    case
        when s.line_id is null then 'walled'
        when r.rights = 'closed' then 'closed'
        when s.way = 'port' and d.id is null and not exists (
            select from public.network_binding b
            where b.line_id = s.line_id and b.any_device and b.circuit_id in (s.circuit_id, '')
              and b.remote_id in (s.remote_id, '')
        ) then 'walled'
        when s.way = 'mac' and d.id is null then 'walled'
        else radius.granted(r.rights, r.down_mbps, r.up_mbps, r.address)
    end as expected
from public.network_accesssession s
left join radius.line_rights r on r.line_id = s.line_id
left join public.network_device d on d.line_id = s.line_id and d.mac = s.mac;

-- Who asks. way: login (a password is wanted), port, mac, none. No line and way «mac»: an unknown device.
-- A known login is always asked for its password, whatever port it came from.
create function radius.who(
    user_name text, calling text, circuit text, remote text, nas_id bigint,
    out way text, out line_id bigint, out password text, out mac macaddr, out knows_device boolean
) language plpgsql stable as $$
declare
    is_ipoe boolean;
begin
    mac := radius.mac(calling);
    select l.line_id, l.password into line_id, password
    from public.network_login l where l.name = left(lower(user_name), 64);
    if found then
        way := 'login';
        knows_device := true;
        return;
    end if;
    is_ipoe := coalesce(user_name, '') = '' or radius.mac(user_name) is not null
        or radius.octets(user_name) in (circuit, remote);
    if not is_ipoe then
        way := 'none';
        knows_device := false;
        return;
    end if;
    mac := coalesce(mac, radius.mac(user_name));
    if circuit <> '' or remote <> '' then
        select b.line_id, b.any_device into line_id, knows_device
        from public.network_binding b
        where b.circuit_id in (circuit, '') and b.remote_id in (remote, '') and (b.nas_id is null or b.nas_id = who.nas_id)
        order by b.nas_id nulls last, b.circuit_id desc, b.remote_id desc limit 1;
        if found then
            way := 'port';
            knows_device := knows_device
                or exists (select from public.network_device d where d.line_id = who.line_id and d.mac = who.mac);
            return;
        end if;
    end if;
    way := 'mac';
    select d.line_id into line_id from public.network_device d where d.mac = who.mac;
    knows_device := found;
end $$;

-- Check items of one request. The last one is a token for `reply` and `answered`, which the client cannot reach:
-- "line way reason granted mac". What is not known is «-».
create function radius.authorize(user_name text, calling text, circuit text, remote text, nas_address text)
returns table (id int, username text, attribute text, value text, op text)
language plpgsql stable security definer rows 2 set search_path = pg_catalog, public, pg_temp as $$
declare
    one record;
    line record;
    reason text;
    given text;
    nas bigint;
begin
    select n.id into nas from public.network_nas n where host(n.address) = nas_address and n.is_on;
    if nas is null then
        return query values (1, user_name, 'Tmp-String-0', '- none unknown_nas closed -', ':='),
            (2, user_name, 'Auth-Type', 'Reject', ':=');
        return;
    end if;
    circuit := radius.octets(circuit);
    remote := radius.octets(remote);
    select * into one from radius.who(user_name, calling, circuit, remote, nas);
    if one.way = 'none' then
        reason := 'unknown_login';
        given := 'closed';
    elsif one.line_id is null then
        reason := 'unknown_device';
        given := 'walled';
    else
        select * into line from radius.line_rights r where r.line_id = one.line_id;
        reason := line.reason;
        given := radius.granted(line.rights, line.down_mbps, line.up_mbps, line.address);
        if line.rights <> 'closed' and not one.knows_device then
            reason := 'unknown_device';
            given := 'walled';
        end if;
    end if;
    return query values (1, user_name, 'Tmp-String-0', format('%s %s %s %s %s',
        coalesce(one.line_id::text, '-'), one.way, reason, given, coalesce(one.mac::text, '-')), ':=');
    if given = 'closed' then
        return query values (2, user_name, 'Auth-Type', 'Reject', ':=');
    elsif one.way = 'login' then
        return query values (2, user_name, 'Cleartext-Password', one.password, ':=');
    else
        return query values (2, user_name, 'Auth-Type', 'Accept', ':=');
    end if;
end $$;

-- The attributes of given rights for an access server of a kind: the same rows for an answer and for CoA.
create function radius.attributes(kind text, given text, interim_seconds int)
returns table (attribute text, value text, op text, in_coa boolean)
language sql stable rows 4 as $$
    select a.attribute,
        replace(replace(replace(replace(replace(a.template,
            '{down_mbps}', split_part(given, ':', 2)), '{up_mbps}', split_part(given, ':', 3)),
            '{down_kbps}', split_part(given, ':', 2) || '000'), '{up_kbps}', split_part(given, ':', 3) || '000'),
            '{interim}', interim_seconds::text),
        a.op, a.in_coa
    from public.network_replyattribute a
    where a.nas_kind = kind and a.rights = split_part(given, ':', 1)
    order by a.position
$$;

create function radius.reply(token text, nas_address text)
returns table (id int, username text, attribute text, value text, op text)
language sql stable security definer rows 5 set search_path = pg_catalog, public, pg_temp as $$
    select row_number() over ()::int, '', given.attribute, given.value, given.op
    from public.network_nas n, lateral (
        select a.attribute, a.value, a.op
        from radius.attributes(n.kind, split_part(token, ' ', 4), n.interim_seconds) a
        union all select 'Acct-Interim-Interval', n.interim_seconds::text, ':='
        union all select 'Framed-IP-Address', split_part(split_part(token, ' ', 4), ':', 4), ':='
            where split_part(split_part(token, ' ', 4), ':', 4) not in ('', '-')
    ) given
    where host(n.address) = nas_address and split_part(token, ' ', 4) <> 'closed'
$$;

-- What was answered: into the log, and what was seen of a device. Never a password.
create function radius.answered(user_name text, token text, nas_address text, packet_type text) returns int
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    at timestamptz := radius.now_at();
    line bigint := nullif(split_part(token, ' ', 1), '-')::bigint;
    device macaddr := nullif(nullif(split_part(token, ' ', 5), '-'), '')::macaddr;
    is_accepted boolean := packet_type = 'Access-Accept';
    reason text := split_part(token, ' ', 3);
begin
    if token = '' then
        line := null;
        reason := 'not_asked';
    elsif not is_accepted and split_part(token, ' ', 4) <> 'closed' then
        reason := 'wrong_password';
    end if;
    insert into public.network_authorisation ("on", at, nas_id, line_id, user_name, mac, is_accepted, reason)
    select radius.date_of(at), at, (select n.id from public.network_nas n where host(n.address) = nas_address),
        line, left(user_name, 253), device, is_accepted, reason;
    if is_accepted and line is not null and device is not null then
        update public.network_device d set last_seen_at = at
        where d.line_id = line and d.mac = device and (d.last_seen_at is null or d.last_seen_at < at - interval '5 minutes');
        if reason = 'unknown_device' then
            insert into public.network_sighting (line_id, mac, seen_at) values (line, device, at)
            on conflict (line_id, mac) do update set seen_at = excluded.seen_at;
        end if;
    end if;
    return 1;
end $$;

-- The access servers, for clients.conf.
create function radius.clients() returns table (id bigint, name text, address text, secret text, authenticator boolean)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select n.id, n.name::text, host(n.address), n.secret::text, n.sends_authenticator
    from public.network_nas n where n.is_on order by n.id
$$;

revoke all on schema radius from public;
revoke all on all functions in schema radius from public;
grant usage on schema radius to abonent_radius;
grant execute on function radius.authorize(text, text, text, text, text), radius.reply(text, text),
    radius.answered(text, text, text, text), radius.clients() to abonent_radius;

-- Speeds, the subscriber's upload first at MikroTik, down/up at accel-ppp; the walled garden by each one's own means.
insert into network_replyattribute (nas_kind, rights, position, attribute, op, template, in_coa) values
    ('mikrotik', 'open', 1, 'Mikrotik-Rate-Limit', ':=', '{up_mbps}M/{down_mbps}M', true),
    ('mikrotik', 'walled', 1, 'Mikrotik-Rate-Limit', ':=', '1M/1M', true),
    ('mikrotik', 'walled', 2, 'Mikrotik-Address-List', ':=', 'walled', true),
    ('mikrotik', 'walled', 3, 'Session-Timeout', ':=', '3600', true),
    ('accel_ppp', 'open', 1, 'Filter-Id', ':=', '{down_kbps}/{up_kbps}', true),
    ('accel_ppp', 'walled', 1, 'Filter-Id', ':=', '1000/1000', true),
    ('accel_ppp', 'walled', 2, 'Framed-Pool', ':=', 'walled', false),
    ('accel_ppp', 'walled', 3, 'Session-Timeout', ':=', '3600', true),
    ('cisco', 'open', 1, 'Cisco-AVPair', '+=', 'ip:sub-qos-policy-in=UP{up_mbps}', true),
    ('cisco', 'open', 2, 'Cisco-AVPair', '+=', 'ip:sub-qos-policy-out=DOWN{down_mbps}', true),
    ('cisco', 'walled', 1, 'Cisco-AVPair', '+=', 'subscriber:service-name=WALLED', true),
    ('cisco', 'walled', 2, 'Session-Timeout', ':=', '3600', true),
    ('juniper', 'open', 1, 'ERX-Ingress-Policy-Name', ':=', 'up-{up_mbps}', true),
    ('juniper', 'open', 2, 'ERX-Egress-Policy-Name', ':=', 'down-{down_mbps}', true),
    ('juniper', 'walled', 1, 'ERX-Ingress-Policy-Name', ':=', 'walled', true),
    ('juniper', 'walled', 2, 'ERX-Egress-Policy-Name', ':=', 'walled', true),
    ('juniper', 'walled', 3, 'Session-Timeout', ':=', '3600', true);
