-- The ground every room stands on: extensions, the functions SQL shares, the cache's table.
create extension if not exists pg_trgm;
create extension if not exists btree_gist;
create extension if not exists unaccent;

create schema core;

create function core.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% of % is refused: its rows are append-only; a mistake is mended by a new row',
        tg_op, tg_table_name using errcode = 'restrict_violation';
end $$;

-- The operator's date: Python's clock.today() in SQL, the sandbox's offset included.
create function core.operator_today() returns date language sql stable as $$
    select ((now() + make_interval(secs => clock_offset_seconds)) at time zone time_zone)::date
    from public.core_installation
$$;

create unlogged table core_cache (
    cache_key varchar(255) not null primary key,
    value text not null,
    expires timestamptz not null
);
create index core_cache_expires on core_cache (expires);

create trigger refuse_change before update or delete on core_auditentry
    for each row execute function core.refuse_change();
create trigger refuse_truncate before truncate on core_auditentry
    for each statement execute function core.refuse_change();
