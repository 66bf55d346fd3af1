-- Take what is due, each row once whoever else looks, and with it whom to tell and how to reach him.
with due as (
    select id from notifications_notice
    where state = 'queued' and next_try_at <= statement_timestamp()
    order by next_try_at, id
    limit %(most)s
    for update skip locked
), claimed as (
    update notifications_notice notice
    set attempts = notice.attempts + 1,
        next_try_at = clock_timestamp() + make_interval(secs => %(claimed_seconds)s)
    from due
    where notice.id = due.id
    returning notice.id, notice.key, notice.kind, notice.params, notice.attempts, notice.contract_id,
              notice.to_address, notice.secret, notice.not_after
)
select claimed.id, claimed.key, claimed.kind, claimed.params, claimed.attempts,
       claimed.to_address, claimed.secret, claimed.not_after, claimed.contract_id,
       contract.number as contract_number, customer.language,
       (select value from subscribers_contact contact
        where contact.customer_id = customer.id and contact.kind = 'email'
        order by confirmed_at desc nulls last, id limit 1) as email,
       (select value from subscribers_contact contact
        where contact.customer_id = customer.id and contact.kind = 'phone'
        order by confirmed_at desc nulls last, id limit 1) as phone
from claimed
join subscribers_contract contract on contract.id = claimed.contract_id
join subscribers_customer customer on customer.id = contract.customer_id
order by claimed.id
