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

-- One packet; gives what became of it. Causes of ours, which a later packet may take back: Stale, NAS-Reboot.
create or replace function radius.accounting(
    status text, unique_id text, session_id text, user_name text, nas_address text, calling text, framed_address text,
    port text, circuit text, remote text, session_time text, input_octets text, input_gigawords text, output_octets text,
    output_gigawords text, happened_at text, class text, cause text
) returns text language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
    nas record;
    live public.network_accesssession%rowtype;
    old public.network_closedsession%rowtype;
    one record;
    real_now timestamptz := clock_timestamp();
    offset_seconds int;
    at timestamptz;
    said_at bigint := radius.counter(happened_at);
    lasted bigint := radius.counter(session_time);
    has_gigawords boolean := input_gigawords <> '' or output_gigawords <> '';
    raw_up bigint := (coalesce(radius.counter(input_gigawords), 0) << 32) + radius.counter(input_octets);
    raw_down bigint := (coalesce(radius.counter(output_gigawords), 0) << 32) + radius.counter(output_octets);
    up bigint;
    down bigint;
    ours text := substring(class from '^ai:[0-9a-f]{32};(.*)$');
    given text;
    expected text;
    made bigint;
    known record;
begin
    -- What comes most: the next word of a session that lives, from its own server, with nothing odd about it. What is odd
    -- goes the whole way. Its counters are totals: if a crash of PostgreSQL takes its last half second along, the next
    -- word brings them again, so nobody waits for the disk here (freeradius.database). Everything else does wait.
    if status = 'Interim-Update' and lasted between 1 and 31536000 and has_gigawords and said_at is not null
        and raw_up is not null and raw_down is not null and abs(said_at - extract(epoch from real_now)) <= 86400 then
        select s.id, s.line_id, s.seconds, s.raw_up_octets, s.raw_down_octets, n.swaps_octets, i.clock_offset_seconds
        into known
        from public.network_accesssession s
        join public.network_nas n on n.id = s.nas_id and n.address = nas_address::inet
        cross join public.core_installation i
        where s.unique_id = accounting.unique_id and s.has_class
        for no key update of s;
        if found and lasted > known.seconds then
            up := case when known.swaps_octets then raw_down else raw_up end - known.raw_up_octets;
            down := case when known.swaps_octets then raw_up else raw_down end - known.raw_down_octets;
            if up >= 0 and down >= 0 and greatest(up, down) <= (lasted - known.seconds + 600) * 1250000000 then
                at := least(to_timestamp(said_at), real_now) + make_interval(secs => known.clock_offset_seconds);
                update public.network_accesssession s
                set updated_at = greatest(s.updated_at, at), seconds = lasted, up_octets = s.up_octets + up,
                    down_octets = s.down_octets + down, raw_up_octets = s.raw_up_octets + up,
                    raw_down_octets = s.raw_down_octets + down,
                    address = coalesce(radius.address(framed_address), s.address)
                where s.id = known.id;
                if up + down > 0 and known.line_id is not null then
                    perform radius.add_usage(known.line_id, at, up, down);
                end if;
                return 'updated';
            end if;
        end if;
    end if;
    perform set_config('synchronous_commit', 'on', true);
    select n.id, n.swaps_octets into nas from public.network_nas n where n.address = nas_address::inet;
    if not found then
        return 'unknown nas';
    end if;
    select clock_offset_seconds into offset_seconds from public.core_installation;
    -- The clocks of access servers lie: more than a day off is not believed.
    if said_at is null or abs(said_at - extract(epoch from real_now)) > 86400 then
        at := real_now;
    else
        at := least(to_timestamp(said_at), real_now);
    end if;
    at := at + make_interval(secs => offset_seconds);

    if status in ('Accounting-On', 'Accounting-Off') then
        perform radius.close(array(
            select s.id from public.network_accesssession s
            where s.nas_id = nas.id and s.started_at <= at order by s.id for update
        ), null, 'NAS-Reboot');
        return 'closed all';
    end if;
    if status not in ('Start', 'Interim-Update', 'Stop') or coalesce(unique_id, '') = '' then
        return 'ignored';
    end if;
    unique_id := left(unique_id, 64);
    lasted := least(coalesce(lasted, 0), 31536000);
    if nas.swaps_octets then
        select raw_down, raw_up into raw_up, raw_down;
    end if;

    select s.* into live from public.network_accesssession s where s.unique_id = accounting.unique_id for update;
    -- The same id after a reboot that nobody told of, from a server that sends no Class: another session.
    if found and not live.has_class and at - make_interval(secs => lasted) > live.updated_at + interval '30 seconds'
        and (lasted < live.seconds or (status = 'Start' and live.seconds > 0)) then
        perform radius.close(array[live.id], null, 'NAS-Reboot');
        live := null;
    end if;

    if live.id is null then
        select c.* into old from public.network_closedsession c
        where c.unique_id = accounting.unique_id and c.ended_on >= radius.date_of(at) - 62
        order by c.ended_at desc limit 1;
        -- The same session: its name is ours, or it began before that one ended.
        if found and (old.has_class or at - make_interval(secs => lasted) <= old.ended_at + interval '30 seconds'
            and not (status = 'Start' and at > old.ended_at + interval '30 seconds')) then
            if old.cause not in ('Stale', 'NAS-Reboot') then
                return 'after its stop';
            end if;
            if status = 'Start' then
                return 'late';
            end if;
            -- We had ended it and were wrong: it lives on, or now tells its end.
            delete from public.network_closedsession c where c.id = old.id and c.ended_on = old.ended_on;
            insert into public.network_accesssession (
                id, unique_id, nas_id, acct_session_id, user_name, line_id, way, mac, address, port, circuit_id, remote_id,
                started_at, updated_at, seconds, up_octets, down_octets, raw_up_octets, raw_down_octets, has_class, granted)
            values (old.id, old.unique_id, old.nas_id, old.acct_session_id, old.user_name, old.line_id, old.way, old.mac,
                old.address, old.port, old.circuit_id, old.remote_id, old.started_at, old.updated_at, old.seconds,
                old.up_octets, old.down_octets, old.raw_up_octets, old.raw_down_octets, old.has_class, old.granted)
            on conflict (unique_id) do nothing;
        else
            circuit := radius.octets(circuit);
            remote := radius.octets(remote);
            select * into one from radius.who(user_name, calling, circuit, remote, nas.id);
            -- What it was given: our word in Class; without it, what the line was answered last.
            given := coalesce(ours, (
                select radius.granted(r.rights, r.down_mbps, r.up_mbps, r.address)
                from radius.line_rights r where r.line_id = one.line_id and one.knows_device
            ), 'walled');
            insert into public.network_accesssession (
                unique_id, nas_id, acct_session_id, user_name, line_id, way, mac, address, port, circuit_id, remote_id,
                started_at, updated_at, seconds, up_octets, down_octets, raw_up_octets, raw_down_octets, has_class, granted)
            values (unique_id, nas.id, left(session_id, 253), left(user_name, 253), one.line_id, one.way, one.mac,
                radius.address(framed_address),
                left(port, 253), circuit, remote, at - make_interval(secs => lasted), at, 0, 0, 0, 0, 0,
                ours is not null, left(given, 80))
            on conflict (unique_id) do nothing
            returning id into made;
        end if;
        select s.* into live from public.network_accesssession s where s.unique_id = accounting.unique_id for update;
        if not found then
            return 'ended meanwhile';
        end if;
    end if;

    if lasted >= live.seconds and not (lasted = live.seconds and at < live.updated_at) then
        up := radius.grown(live.raw_up_octets, raw_up, has_gigawords, lasted - live.seconds);
        down := radius.grown(live.raw_down_octets, raw_down, has_gigawords, lasted - live.seconds);
        update public.network_accesssession s
        set updated_at = greatest(live.updated_at, at), seconds = lasted,
            up_octets = live.up_octets + up, down_octets = live.down_octets + down,
            raw_up_octets = coalesce(raw_up, live.raw_up_octets), raw_down_octets = coalesce(raw_down, live.raw_down_octets),
            address = coalesce(radius.address(framed_address), live.address)
        where s.id = live.id;
        if up + down > 0 and live.line_id is not null then
            perform radius.add_usage(live.line_id, at, up, down);
        end if;
    end if;

    if status = 'Stop' then
        perform radius.close(array[live.id], greatest(live.updated_at, at), coalesce(nullif(cause, ''), 'Stop'));
        return 'stopped';
    end if;
    if made is not null and live.line_id is not null then
        perform radius.look_at_start(live.id);
    end if;
    return case when made is null then 'updated' else 'started' end;
end $$;

revoke all on all functions in schema radius from public;

-- When a device was last seen changes with each sign-in: room in the page, so that no index is touched.
alter table network_device set (fillfactor = 80);
