-- A part of a WITH that keeps the event. A notification holds less than 8,000 bytes: past 7,000 the data stays away, and
-- the stream reads it by its id. The braces: core/events.py.
kept as (
    insert into core_event (topic, name, data) select %(topic)s, %(name)s, %(data)s::jsonb {source}
    returning json_build_object(
        'id', id, 'topic', topic, 'name', name,
        'data', case when octet_length(data::text) < 7000 then data end
    )::text as told
)
