-- What is sent most often, in one statement each: an interim update of a session that lives, and the words of an answer.
create or replace function radius.reply(token text, nas_address text)
returns table (id int, username text, attribute text, value text, op text)
language plpgsql stable security definer rows 5 set search_path = pg_catalog, public, pg_temp as $$
declare
    told text := split_part(token, ' ', 4);
    interim int;
    one record;
begin
    if told in ('', 'closed') then
        return;
    end if;
    id := 0;
    username := '';
    for one in
        select n.interim_seconds, a.attribute, a.value, a.op
        from public.network_nas n
        left join lateral radius.attributes(n.kind, told, n.interim_seconds) a on true
        where n.address = nas_address::inet
    loop
        interim := one.interim_seconds;
        if one.attribute is not null then
            id := id + 1;
            attribute := one.attribute;
            value := one.value;
            op := one.op;
            return next;
        end if;
    end loop;
    if interim is null then
        return;
    end if;
    op := ':=';
    id := id + 1;
    attribute := 'Acct-Interim-Interval';
    value := interim;
    return next;
    if split_part(told, ':', 4) not in ('', '-') then
        id := id + 1;
        attribute := 'Framed-IP-Address';
        value := split_part(told, ':', 4);
        return next;
    end if;
end $$;

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
        with known as materialized (
            select s.id, s.line_id, lasted - s.seconds as seconds,
                case when n.swaps_octets then raw_down else raw_up end - s.raw_up_octets as up,
                case when n.swaps_octets then raw_up else raw_down end - s.raw_down_octets as down,
                least(to_timestamp(said_at), real_now) + make_interval(secs => i.clock_offset_seconds) as at,
                i.time_zone as zone
            from public.network_accesssession s
            join public.network_nas n on n.id = s.nas_id and n.address = nas_address::inet
            cross join public.core_installation i
            where s.unique_id = accounting.unique_id and s.has_class
            for no key update of s
        ), fit as materialized (
            select k.*, b.id as subscription_id, b.anchor_day, v.included_octets, (k.at at time zone k.zone)::date as on_date
            from known k
            left join public.billing_subscription b on b.line_id = k.line_id and b.role = 'tariff'
                and b.kind = 'internet' and b.state <> 'ended' and k.up + k.down > 0
            left join public.catalog_offerversion v on v.id = b.version_id
            where k.seconds > 0 and k.up >= 0 and k.down >= 0
              and greatest(k.up, k.down) <= (k.seconds + 600) * 1250000000
        ), counted as (
            insert into public.network_usage as u ("on", subscription_id, line_id, up_octets, down_octets)
            select f.on_date, f.subscription_id, f.line_id, f.up, f.down from fit f where f.subscription_id is not null
            on conflict ("on", subscription_id) do update
            set up_octets = u.up_octets + excluded.up_octets, down_octets = u.down_octets + excluded.down_octets
        )
        update public.network_accesssession s
        set updated_at = greatest(s.updated_at, f.at), seconds = lasted, up_octets = s.up_octets + f.up,
            down_octets = s.down_octets + f.down, raw_up_octets = s.raw_up_octets + f.up,
            raw_down_octets = s.raw_down_octets + f.down,
            address = coalesce(radius.address(framed_address), s.address)
        from fit f
        where s.id = f.id
        returning f.line_id, f.anchor_day, f.included_octets, f.on_date, f.up + f.down as octets into known;
        if found then
            if known.included_octets is not null then
                perform radius.count_allowance(
                    known.line_id, known.anchor_day, known.included_octets, known.on_date, known.octets);
            end if;
            return 'updated';
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
