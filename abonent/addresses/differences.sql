-- Known buildings of which the list says something else: only what differs.
select settlement, street, house, korpus, stroenie, liter,
       (select json_object_agg(key, value) from jsonb_each(was) where value is distinct from (says -> key)) as old,
       (select json_object_agg(key, value) from jsonb_each(says) where value is distinct from (was -> key)) as new
from (
    select b.settlement, b.street, b.house, b.korpus, b.stroenie, b.liter,
           jsonb_build_object('segment', b.segment, 'connected', b.connected, 'planned_on', b.planned_on,
                              'technology', b.technology, 'entrances', b.entrances, 'floors', b.floors,
                              'flats', b.flats) as was,
           jsonb_build_object('segment', l.segment, 'connected', l.connected, 'planned_on', l.planned_on,
                              'technology', l.technology, 'entrances', l.entrances, 'floors', l.floors,
                              'flats', l.flats) as says
    from addresses_listed l
    join addresses_building b using (settlement, street, house, korpus, stroenie, liter)
) both_sides
where was <> says
order by settlement, street, house, korpus, stroenie, liter
limit %(most)s
