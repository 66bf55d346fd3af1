, chunk as (
    select *, language like 'en%%' as english from meant order by customer_id limit %(most)s
), worded as (
    select *,
           case when english then %(subject_en)s::text else %(subject_ru)s::text end as subject,
           case when english then %(body_en)s::text else %(body_ru)s::text end as body
    from chunk
), kept as (
    insert into notifications_notice (
        key, contract_id, kind, params, channel, state, attempts, error, only_by, mailing_id
    )
    select 'mailing:' || %(mailing_id)s::bigint || ':' || customer_id, contract_id, %(kind)s,
           -- The name last: what stands in it is nobody's fact.
           jsonb_build_object(
               'subject', replace(replace(replace(replace(subject, '{phone}', %(phone)s), '{brand}', %(brand)s),
                                          '{contract}', number), '{name}', name),
               'body', replace(replace(replace(replace(body, '{phone}', %(phone)s), '{brand}', %(brand)s),
                                       '{contract}', number), '{name}', name)),
           '', 'queued', 0, '', way, %(mailing_id)s::bigint
    from worded
    order by customer_id
    on conflict (key) do nothing
)
select count(*) as meant, coalesce(max(customer_id), 0) as through from chunk
