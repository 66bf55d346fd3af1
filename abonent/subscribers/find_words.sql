-- The words of names that each typed word may be: itself, one that it begins, or, with `fuzzy`, one that differs by a few
-- letters. Cost counts the letters mistyped; a word cut short costs a little, so that the whole one comes first.
select asked.word as typed, array_agg(distinct found.word)::text[] as words
from unnest(%(words)s::text[], %(typos)s::int[]) as asked (word, typos)
cross join lateral (
    (select w.word from subscribers_nameword w
     where w.word ~>=~ asked.word and w.word ~<~ (asked.word || chr(1114111))
       and (w.word = asked.word or length(asked.word) >= 2)
     order by w.word = asked.word desc, length(w.word)
     limit 300)
    union all
    (select w.word from subscribers_nameword w
     where %(fuzzy)s and asked.typos > 0
       and w.word %% asked.word  -- the index; the letters are counted of what it gives
       and levenshtein_less_equal(w.word, asked.word, asked.typos) <= asked.typos
     limit 300)
) found
group by 1
