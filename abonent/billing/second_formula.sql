    -- What the days [c.period_start, c.until) of a charge cost, independent of the rule in Python: the days are counted one
    -- by one, shares of calendar months in 377580ths (28, 29, 30 and 31 divide it), and the rounding is numeric's.
    select days, of_days,
           case
               when days = 0 then 0
               when c.charging = 'day'
                   then floor(net * extract(day from c.period_start) / of_days)
                        - floor(net * (extract(day from c.period_start) - 1) / of_days)
               when c.charging in ('per_day', 'once') or c.charging = 'month' and days = of_days then net
               when c.charging = 'month' then least(net, round(case c.proration_days
                   when 'period' then net * days / of_days
                   when 'calendar_month' then net * shares / 377580
                   when 'thirty' then net * thirtieths / 30
               end))
           end as makes
    from (
        select (c.price_kop - c.discount_kop)::numeric as net, count(*) as of_days,
               count(*) filter (where is_of) as days,
               coalesce(sum(377580 / extract(day from month_end)::int) filter (where is_of), 0) as shares,
               -- The 31st adds nothing; the last day of February makes up for what the month lacks.
               coalesce(sum(case when day = month_end and extract(month from day) = 2 then 31 - extract(day from day)
                                 when extract(day from day) = 30 and day < month_end then 0
                                 else 1 end) filter (where is_of), 0) as thirtieths
        from (
            select day, day >= c.period_start and day < c.until as is_of,
                   date_trunc('month', day) + interval '1 month' - interval '1 day' as month_end
            from generate_series(c.whole_start::timestamp, c.whole_end::timestamp - interval '1 day', '1 day') as d (day)
        ) every
    ) counted
