-- Accounting. Every packet may come twice, late, in another order, or lie; none may fail, for a packet that fails is sent
-- again for ever. What cannot be read counts as not said.

-- A counter of a packet: digits of at most 20 places, or null.
create or replace function radius.counter(typed text) returns bigint language sql immutable as $$
    select case when typed ~ '^[0-9]{1,18}$' then typed::bigint end
$$;

create or replace function radius.address(typed text) returns inet language sql immutable as $$
    select case when typed ~ '^((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\.|$)){4}$' then typed::inet end
$$;

-- How far a counter has gone. No gigawords: 32 bits that wrap. With them, going backwards is a restart. More than
-- 10 Gbit/s could carry in the time is a lie and counts nothing.
create or replace function radius.grown(before bigint, now bigint, has_gigawords boolean, seconds bigint) returns bigint
language sql immutable as $$
    select case when delta between 0 and (greatest(seconds, 0) + 600) * 1250000000 then delta else 0 end
    from (select case
        when now is null or now = before then 0
        when now > before then now - before
        when has_gigawords or before >= 4294967296 then now
        else now + 4294967296 - before
    end as delta) one
$$;

-- End live sessions: move the rows, with the cause. `ended_at` null: when each was heard of last.
create or replace function radius.close(session_ids bigint[], ended_at timestamptz, cause text) returns int
language sql volatile as $$
    with gone as (
        delete from public.network_accesssession s where s.id = any(session_ids) returning s.*
    ), kept as (
        insert into public.network_closedsession (
            id, unique_id, nas_id, acct_session_id, user_name, line_id, way, mac, address, port, circuit_id, remote_id,
            started_at, updated_at, seconds, up_octets, down_octets, raw_up_octets, raw_down_octets, has_class, granted,
            ended_on, ended_at, cause)
        select id, unique_id, nas_id, acct_session_id, user_name, line_id, way, mac, address, port, circuit_id, remote_id,
            started_at, updated_at, seconds, up_octets, down_octets, raw_up_octets, raw_down_octets, has_class, granted,
            radius.date_of(coalesce(close.ended_at, updated_at)), coalesce(close.ended_at, updated_at), left(cause, 64)
        from gone
        returning 1
    )
    select count(*)::int from kept
$$;

-- Traffic of a line's subscription on the operator's date.
create or replace function radius.add_usage(line bigint, at timestamptz, up bigint, down bigint) returns void
language sql volatile as $$
    insert into public.network_usage as u ("on", subscription_id, line_id, up_octets, down_octets)
    select radius.date_of(at), s.id, line, up, down
    from public.billing_subscription s
    where s.line_id = line and s.role = 'tariff' and s.kind = 'internet' and s.state <> 'ended'
    on conflict ("on", subscription_id) do update
    set up_octets = u.up_octets + excluded.up_octets, down_octets = u.down_octets + excluded.down_octets
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
begin
    select n.id, n.swaps_octets into nas from public.network_nas n where host(n.address) = nas_address;
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
