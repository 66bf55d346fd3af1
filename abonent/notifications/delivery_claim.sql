-- Take what is due, each row once whoever else looks, and with it whom to tell and how to reach him.
-- What one person waits for first, then the mailings.
with single as (
    select id from notifications_notice
    where state = 'queued' and mailing_id is null and next_try_at <= statement_timestamp()
    order by next_try_at, id
    limit %(most)s
    for update skip locked
), mass as (
    select id from notifications_notice
    where state = 'queued' and mailing_id is not null and next_try_at <= statement_timestamp()
    order by next_try_at, id
    limit greatest(%(most)s - (select count(*) from single), 0)
    for update skip locked
), claimed as (
    update notifications_notice notice
    set attempts = notice.attempts + 1, claimed_at = clock_timestamp(),
        next_try_at = clock_timestamp() + make_interval(secs => %(claimed_seconds)s)
    from (select id from single union all select id from mass) due
    where notice.id = due.id
    returning notice.id, notice.key, notice.kind, notice.params, notice.attempts, notice.contract_id,
              notice.to_address, notice.secret, notice.not_after, notice.only_by, notice.mailing_id
)
select claimed.*, contract.number as contract_number, customer.id as customer_id, customer.language,
       (select value from subscribers_contact contact
        where contact.customer_id = customer.id and contact.kind = 'email'
        order by confirmed_at desc nulls last, id limit 1) as email,
       (select value from subscribers_contact contact
        where contact.customer_id = customer.id and contact.kind = 'phone'
        order by confirmed_at desc nulls last, id limit 1) as phone,
       (select jsonb_object_agg(subject, channels)
        from (select subject, jsonb_object_agg(channel, is_wanted) as channels
              from notifications_noticechoice choice where choice.customer_id = customer.id group by subject) chosen
       )::text as choices,
       (select array_agg(purpose::text) from subscribers_personalconsent consent
        where consent.customer_id = customer.id and consent.withdrawn_at is null) as consents,
       own.quiet_from, own.quiet_to,
       exists (select from notifications_pushdevice device where device.customer_id = customer.id) as has_push
from claimed
join subscribers_contract contract on contract.id = claimed.contract_id
join subscribers_customer customer on customer.id = contract.customer_id
left join notifications_ownhours own on own.customer_id = customer.id
order by claimed.id
