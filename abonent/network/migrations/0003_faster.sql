-- The same answers with fewer steps: what is asked most, a known login, is answered first and in one statement.
-- Without `format`, which is only stable, the planner may put it into the statement that calls it.
create or replace function radius.granted(rights text, down_mbps int, up_mbps int, address text) returns text
language sql immutable as $$
    select case when rights = 'open'
        then 'open:' || down_mbps::text || ':' || up_mbps::text || ':' || coalesce(address, '-') else rights end
$$;

create or replace function radius.authorize(user_name text, calling text, circuit text, remote text, nas_address text)
returns table (id int, username text, attribute text, value text, op text)
language plpgsql stable security definer rows 2 set search_path = pg_catalog, public, pg_temp as $$
declare
    one record;
    line record;
    reason text;
    given text;
    nas bigint;
begin
    return query
        select item.id, user_name, item.attribute, item.value, ':='::text
        from public.network_nas n
        join public.network_login l on l.name = left(lower(user_name), 64)
        join radius.line_rights r on r.line_id = l.line_id
        cross join lateral (values
            (1, 'Tmp-String-0', l.line_id::text || ' login ' || r.reason || ' '
                || radius.granted(r.rights, r.down_mbps, r.up_mbps, r.address) || ' '
                || case when calling ~ '^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$' then calling::macaddr::text
                    else coalesce(radius.mac(calling)::text, '-') end),
            (2, case when r.rights = 'closed' then 'Auth-Type' else 'Cleartext-Password' end,
                case when r.rights = 'closed' then 'Reject' else l.password end)
        ) item (id, attribute, value)
        where n.address = nas_address::inet and n.is_on
        order by item.id;
    if found then
        return;
    end if;
    select n.id into nas from public.network_nas n where n.address = nas_address::inet and n.is_on;
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

-- As before, with fewer statements. RADIUS's sessions do not wait for the disk (freeradius.database): a crash of PostgreSQL
-- may take the log's last half second along; ten thousand dial-ins after a power cut shall not queue for the disk.
create or replace function radius.answered(user_name text, token text, nas_address text, packet_type text) returns int
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    with put as (
        insert into public.network_authorisation as a ("on", at, nas_id, line_id, user_name, mac, is_accepted, reason)
        select (now.at at time zone now.zone)::date, now.at,
            (select n.id from public.network_nas n where n.address = nas_address::inet),
            nullif(word[1], '-')::bigint, left(user_name, 253), nullif(word[5], '-')::macaddr,
            packet_type = 'Access-Accept',
            case when token = '' then 'not_asked'
                when packet_type <> 'Access-Accept' and word[4] <> 'closed' then 'wrong_password'
                else word[3] end
        from (
            select clock_timestamp() + make_interval(secs => clock_offset_seconds) as at, time_zone as zone,
                string_to_array(token, ' ') as word
            from public.core_installation
            offset 0  -- once
        ) now
        returning a.at, a.line_id, a.mac, a.is_accepted
    )
    update public.network_device d set last_seen_at = put.at
    from put
    where d.mac = put.mac and d.line_id = put.line_id and put.is_accepted
      and (d.last_seen_at is null or d.last_seen_at < put.at - interval '5 minutes');
    if token like '% unknown_device %' and token not like '- %' and token not like '% -' and packet_type = 'Access-Accept' then
        insert into public.network_sighting (line_id, mac, seen_at)
        values (split_part(token, ' ', 1)::bigint, split_part(token, ' ', 5)::macaddr, radius.now_at())
        on conflict (line_id, mac) do update set seen_at = excluded.seen_at;
    end if;
    return 1;
end $$;

create or replace function radius.reply(token text, nas_address text)
returns table (id int, username text, attribute text, value text, op text)
language plpgsql stable security definer rows 5 set search_path = pg_catalog, public, pg_temp as $$
declare
    given text[] := string_to_array(split_part(token, ' ', 4), ':');
    nas record;
    one record;
begin
    if given[1] is null or given[1] in ('', 'closed') then
        return;
    end if;
    select n.kind, n.interim_seconds into nas from public.network_nas n where n.address = nas_address::inet;
    if not found then
        return;
    end if;
    id := 0;
    username := '';
    for one in
        select a.attribute, a.value, a.op from radius.attributes(nas.kind, split_part(token, ' ', 4), nas.interim_seconds) a
    loop
        id := id + 1;
        attribute := one.attribute;
        value := one.value;
        op := one.op;
        return next;
    end loop;
    op := ':=';
    id := id + 1;
    attribute := 'Acct-Interim-Interval';
    value := nas.interim_seconds;
    return next;
    if given[4] <> '-' then
        id := id + 1;
        attribute := 'Framed-IP-Address';
        value := given[4];
        return next;
    end if;
end $$;

-- Plain SQL and no settings of its own: it stands in the caller's statement.
create or replace function radius.attributes(kind text, given text, interim_seconds int)
returns table (attribute text, value text, op text, in_coa boolean)
language sql stable rows 4 as $$
    select a.attribute,
        case when position('{' in a.template) = 0 then a.template else
            replace(replace(replace(replace(replace(a.template,
                '{down_mbps}', split_part(given, ':', 2)), '{up_mbps}', split_part(given, ':', 3)),
                '{down_kbps}', split_part(given, ':', 2) || '000'), '{up_kbps}', split_part(given, ':', 3) || '000'),
                '{interim}', interim_seconds::text)
        end,
        a.op, a.in_coa
    from public.network_replyattribute a
    where a.nas_kind = kind and a.rights = split_part(given, ':', 1)
    order by a.position
$$;

revoke all on all functions in schema radius from public;

-- When a device was last seen changes with each sign-in: room in the page, so that no index is touched.
alter table network_device set (fillfactor = 80);
