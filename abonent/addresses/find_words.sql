-- The words of streets that each typed word may be: itself, one that it begins, or, with `fuzzy`, one that differs by
-- a few letters. Cost counts the letters mistyped; a word cut short costs a little, so that the whole one comes first.
select asked.word as typed, found.word, min(found.cost) as cost
from unnest(%(words)s::text[], %(typos)s::int[]) as asked (word, typos)
cross join lateral (
    select w.word, case when w.word = asked.word then 0 else 1 end as cost
    from addresses_word w
    where w.word ~>=~ asked.word and w.word ~<~ (asked.word || chr(1114111))
      and (w.word = asked.word or length(asked.word) >= 2)
    union all
    select w.word, 2 * levenshtein_less_equal(w.word, asked.word, asked.typos)
    from addresses_word w
    where %(fuzzy)s and asked.typos > 0
      and length(w.word) between length(asked.word) - asked.typos and length(asked.word) + asked.typos
      and levenshtein_less_equal(w.word, asked.word, asked.typos) <= asked.typos
) found
group by 1, 2
