-- Write what is listed: new buildings, and known ones whose facts have changed. Gives how many of each.
with written as (
    insert into addresses_building as b (settlement, street, house, korpus, stroenie, liter, number_key, segment,
                                         connected, technology, entrances, floors, flats)
    select * from addresses_listed
    order by settlement, street, house, korpus, stroenie, liter
    on conflict (settlement, street, house, korpus, stroenie, liter) do update
    set number_key = excluded.number_key, segment = excluded.segment, connected = excluded.connected,
        technology = excluded.technology, entrances = excluded.entrances, floors = excluded.floors,
        flats = excluded.flats
    where (b.number_key, b.segment, b.connected, b.technology, b.entrances, b.floors, b.flats)
        is distinct from (excluded.number_key, excluded.segment, excluded.connected, excluded.technology,
                          excluded.entrances, excluded.floors, excluded.flats)
    returning xmax = 0 as is_new
)
select count(*) filter (where is_new) as new, count(*) filter (where not is_new) as changed from written
