-- Keep the event and notify the streams at commit. A notification holds less than 8,000 bytes: past 7,000 the data stays
-- away, and the stream reads it by its id. The braces: events.statement.
with {first} kept as (
    insert into core_event (topic, name, data) values (%(topic)s, %(name)s, %(data)s::jsonb)
    returning id, topic, name, data
)
select pg_notify(
    'abonent_events',
    json_build_object(
        'id', id, 'topic', topic, 'name', name,
        'data', case when octet_length(data::text) < 7000 then data end
    )::text
)
from kept {also}
