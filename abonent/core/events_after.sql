-- Events after the one with id `last`. Ids are given before the commit, so one that was committed late may be smaller
-- than one already seen: what was begun up to a minute before `last` comes too, and may come twice.
select id, topic, name, data::text as data
from core_event
where (%(topics)s::text[] is null or topic = any(%(topics)s::text[]))
  and id <> %(last)s
  and (
      id > %(last)s
      or created_at > coalesce((select created_at from core_event where id = %(last)s), 'infinity') - interval '1 minute'
  )
order by id
limit %(most)s
