-- Write what is listed: new buildings, and known ones whose facts have changed. Gives how many of each. What the staff
-- keep at their pages changes by a list of theirs only.
with written as (
    insert into addresses_building as b (settlement, street, house, korpus, stroenie, liter, number_key, segment,
                                         connected, planned_on, technology, entrances, floors, flats, kept_here)
    select *, %(by_staff)s from addresses_listed
    order by settlement, street, house, korpus, stroenie, liter
    on conflict (settlement, street, house, korpus, stroenie, liter) do update
    set number_key = excluded.number_key, segment = excluded.segment, connected = excluded.connected,
        planned_on = excluded.planned_on, technology = excluded.technology, entrances = excluded.entrances,
        floors = excluded.floors, flats = excluded.flats, kept_here = b.kept_here or excluded.kept_here
    where (%(by_staff)s or not b.kept_here)
      and (b.number_key, b.segment, b.connected, b.planned_on, b.technology, b.entrances, b.floors, b.flats)
        is distinct from (excluded.number_key, excluded.segment, excluded.connected, excluded.planned_on,
                          excluded.technology, excluded.entrances, excluded.floors, excluded.flats)
    returning xmax = 0 as is_new
)
select count(*) filter (where is_new) as new, count(*) filter (where not is_new) as changed from written
