-- Access follows the ledger: whatever changes what a live session should have leaves a row in the outbox, in the same
-- transaction, whoever writes it. It runs at the end of that transaction, so that it sees the sessions of that moment.

-- Wake the worker, by the one job that sweeps the outbox (core/jobs_defer.sql says why it is written so).
create function radius.wake() returns void language sql volatile as $$
    with put as (
        insert into public.procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args)
        values ('network', 'abonent.network.following.follow', 'access', 'access', '{}'::jsonb)
        on conflict (queueing_lock) where status = 'todo' do update set scheduled_at = null
        returning id, xmax = 0 as is_new
    )
    select pg_notify('procrastinate_any_queue_v1', json_build_object('type', 'job_inserted', 'job_id', id)::text)
    from put where not is_new
$$;

-- Queue live sessions; one that waits already is not queued again, for the worker asks the rule when it sends.
create function radius.queue(session_ids bigint[], cause text, ends_session boolean default false) returns int
language plpgsql volatile as $$
declare
    queued int;
begin
    insert into public.network_accesschange (session_id, line_id, cause, ends_session, state, attempts)
    select s.id, s.line_id, queue.cause, queue.ends_session, 'queued', 0
    from public.network_accesssession s
    where s.id = any(session_ids)
    order by s.id;
    get diagnostics queued = row_count;
    if queued > 0 then
        perform radius.wake();
    end if;
    return queued;
end $$;

-- A session has begun: it may have been answered before a change that is committed now; and one login has one session:
-- the newest stays, the one before it is told to go. Nobody is ever kept out by a session that is only thought alive.
create function radius.look_at_start(started bigint) returns void language plpgsql volatile as $$
declare
    one record;
begin
    select s.line_id, s.way, s.mac, s.user_name, r.expected is distinct from s.granted as drifts into one
    from public.network_accesssession s join radius.session_rights r on r.session_id = s.id where s.id = started;
    if one.drifts then
        perform radius.queue(array[started], 'start');
    end if;
    perform radius.queue(array(
        select s.id from public.network_accesssession s
        where s.line_id = one.line_id and s.id < started and s.way = one.way
          and (one.way = 'login' and s.user_name = one.user_name or one.way <> 'login' and s.mac = one.mac)
    ), 'twice', true);
end $$;

create function radius.subscription_changed() returns trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
declare
    line bigint := new.line_id;
begin
    if line is not null then
        perform radius.queue(array(
            select s.id from public.network_accesssession s where s.line_id = line
        ), 'subscription');
    end if;
    return null;
end $$;

create constraint trigger access_follows after insert on billing_subscription deferrable initially deferred for each row
    when (new.role = 'tariff' and new.kind = 'internet') execute function radius.subscription_changed();
create constraint trigger access_follows_change after update on billing_subscription deferrable initially deferred
    for each row when (new.role = 'tariff' and new.kind = 'internet'
        and (old.state <> new.state or old.version_id <> new.version_id or old.line_id is distinct from new.line_id))
    execute function radius.subscription_changed();

create function radius.line_changed() returns trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
begin
    perform radius.queue(array(
        select s.id from public.network_accesssession s
        where s.line_id = case when tg_op = 'DELETE' then old.line_id else new.line_id end
    ), tg_argv[0]);
    return null;
end $$;
create constraint trigger access_follows after insert or update or delete on network_staticaddress
    deferrable initially deferred for each row execute function radius.line_changed('address');

revoke all on all functions in schema radius from public;
grant execute on function radius.accounting(
    text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text
) to abonent_radius;
