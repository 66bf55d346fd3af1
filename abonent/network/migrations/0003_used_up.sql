-- Traffic that a tariff includes, and what becomes of a line that has used it up. Counted by the line and its billing
-- period, so that a change of tariff within the period gives no second measure.

create index network_usage_line on network_usage (line_id, "on");
drop index network_usage_subscription;

create function radius.today() returns date language sql stable as $$
    select radius.date_of(radius.now_at())
$$;

-- The billing period that holds a date, by the day of the month it begins on: core/periods.py `cycle` says the same.
create function radius.period_day(month_start date, anchor_day int) returns date language sql immutable as $$
    select least(month_start + anchor_day - 1, (month_start + interval '1 month')::date - 1)
$$;

create function radius.period_start(anchor_day int, on_date date) returns date language sql immutable as $$
    select case when this <= on_date then this
        else radius.period_day((date_trunc('month', on_date) - interval '1 month')::date, anchor_day) end
    from (select radius.period_day(date_trunc('month', on_date)::date, anchor_day) as this) one
$$;

create function radius.period_end(anchor_day int, on_date date) returns date language sql immutable as $$
    select case when this > on_date then this
        else radius.period_day((date_trunc('month', on_date) + interval '1 month')::date, anchor_day) end
    from (select radius.period_day(date_trunc('month', on_date)::date, anchor_day) as this) one
$$;

-- Whether a line may work, and how fast: now, by the ledger and by what its tariff includes. One row a line.
create or replace view radius.line_rights as
select l.id as line_id,
    s.id as subscription_id,
    case
        when s.id is null then 'closed'
        when s.state = 'active' and coalesce(s.paid_until > through."on", true) and spent.how <> 'stop' then 'open'
        else 'walled'
    end as rights,
    case
        when s.id is null then 'closed'
        when s.state = 'active' and coalesce(s.paid_until > through."on", true)
            then case spent.how when 'stop' then 'used_up' when 'slow' then 'slow' else 'open' end
        when s.state = 'active' then 'unpaid'
        when s.state = 'suspended' then 'debt'
        else s.state
    end as reason,
    case when spent.how = 'slow' then least(v.slow_mbps, coalesce(v.down_mbps, 100)) else coalesce(v.down_mbps, 100) end
        as down_mbps,
    case when spent.how = 'slow' then least(v.slow_mbps, coalesce(v.up_mbps, 100)) else coalesce(v.up_mbps, 100) end
        as up_mbps,
    host(a.address) as address
from public.subscribers_line l
left join public.billing_subscription s
    on s.line_id = l.id and s.role = 'tariff' and s.kind = 'internet' and s.state <> 'ended'
left join public.catalog_offerversion v on v.id = s.version_id
left join public.network_staticaddress a on a.line_id = l.id
left join public.network_allowance u on u.line_id = l.id
left join public.billing_chargedthrough through on true
cross join lateral (
    select case
        when v.when_used_up <> '' and u.used_octets >= v.included_octets + u.extra_octets
            then case when radius.period_start(s.anchor_day, radius.today()) = u.period_start then v.when_used_up else '' end
        else ''
    end as how
) spent;

-- Count octets of a line whose tariff includes so much. Whoever reaches 80 or 100 per cent is noted once; at 100 the
-- line's sessions are told in the same transaction.
create function radius.count_allowance(
    line bigint, anchor_day int, included bigint, on_date date, octets bigint
) returns void language plpgsql volatile as $$
declare
    starts date := radius.period_start(anchor_day, on_date);
    used bigint;
    extra bigint;
begin
    update public.network_allowance a set used_octets = a.used_octets + octets
    where a.line_id = line and a.period_start = starts
    returning a.used_octets, a.extra_octets into used, extra;
    if not found then
        -- The first of a period: one at a time, then what the other has counted is seen.
        perform pg_advisory_xact_lock(hashtext('network_allowance'), (line % 2147483647)::int);
        update public.network_allowance a set used_octets = a.used_octets + octets
        where a.line_id = line and a.period_start = starts
        returning a.used_octets, a.extra_octets into used, extra;
    end if;
    if not found then
        if exists (select from public.network_allowance a where a.line_id = line and a.period_start > starts) then
            return;  -- of a period that is over
        end if;
        select a.used_octets, a.extra_octets into used, extra
        from radius.begin_allowance(line, anchor_day, on_date) a;
    end if;
    if used * 100 >= (included + extra) * 80 then
        perform radius.reach(line, starts, included + extra, used);
    end if;
end $$;

-- A line's period as its usage by day and its packs have it.
create function radius.begin_allowance(line bigint, anchor_day int, on_date date)
returns public.network_allowance language sql volatile as $$
    insert into public.network_allowance as a (line_id, period_start, period_end, used_octets, extra_octets)
    select line, p.starts, p.ends,
        (select coalesce(sum(u.up_octets + u.down_octets), 0)::bigint from public.network_usage u
         where u.line_id = line and u."on" >= p.starts and u."on" < p.ends),
        (select coalesce(sum(k.octets), 0)::bigint from public.network_trafficpack k
         where k.line_id = line and k.period_start = p.starts)
    from (select radius.period_start(anchor_day, on_date) as starts, radius.period_end(anchor_day, on_date) as ends) p
    on conflict (line_id) do update
    set period_start = excluded.period_start, period_end = excluded.period_end,
        used_octets = excluded.used_octets, extra_octets = excluded.extra_octets
    returning a.*
$$;

create function radius.reach(line bigint, starts date, whole bigint, used bigint) returns void
language plpgsql volatile as $$
declare
    percents int[];
begin
    with made as (
        insert into public.network_threshold (line_id, period_start, whole_octets, percent)
        select line, starts, whole, p from unnest(array[80, 100]) p where used * 100 >= whole * p
        on conflict (line_id, period_start, whole_octets, percent) do nothing
        returning percent
    )
    select array_agg(percent) into percents from made;
    if 100 = any(percents) then
        perform radius.queue(array(select s.id from public.network_accesssession s where s.line_id = line), 'traffic');
    end if;
end $$;

-- Traffic of a line's subscription on the operator's date.
create or replace function radius.add_usage(line bigint, at timestamptz, up bigint, down bigint) returns void
language plpgsql volatile as $$
declare
    on_date date := radius.date_of(at);
    one record;
begin
    select s.id, s.anchor_day, v.included_octets into one
    from public.billing_subscription s
    join public.catalog_offerversion v on v.id = s.version_id
    where s.line_id = line and s.role = 'tariff' and s.kind = 'internet' and s.state <> 'ended';
    if not found then
        return;
    end if;
    insert into public.network_usage as u ("on", subscription_id, line_id, up_octets, down_octets)
    values (on_date, one.id, line, up, down)
    on conflict ("on", subscription_id) do update
    set up_octets = u.up_octets + excluded.up_octets, down_octets = u.down_octets + excluded.down_octets;
    if one.included_octets is not null then
        perform radius.count_allowance(line, one.anchor_day, one.included_octets, on_date, up + down);
    end if;
end $$;

revoke all on all functions in schema radius from public;
