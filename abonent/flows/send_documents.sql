-- A letter for the documents of each contract's month that none has gone out of; to whom, by what he has chosen.
-- Documents made long ago went out another way.
insert into billing_documentletter (contract_id, month, correction, turn, to_address, state, attempts, error, asked_by)
select made.contract_id, made.month, made.correction, 0, reach.address,
       case when reach.address = '' then 'no_address' else 'queued' end, 0, '', 'system:documents'
from (
    select contract_id, month, correction
    from billing_document
    where coalesce(corrected_on, issued_on) > %(since)s::date
    group by contract_id, month, correction
) made
join subscribers_contract c on c.id = made.contract_id
cross join lateral (
    select case when exists (
        select from notifications_noticechoice choice
        where choice.customer_id = c.customer_id and choice.subject = 'documents'
        having count(*) > 0 and not coalesce(bool_or(is_wanted) filter (where channel = 'email'), false)
    ) then '' else coalesce((
        select value from subscribers_contact contact
        where contact.customer_id = c.customer_id and contact.kind = 'email'
        order by confirmed_at desc nulls last, id limit 1
    ), '') end as address
) reach
where not exists (
    select from billing_documentletter letter
    where letter.contract_id = made.contract_id and letter.month = made.month and letter.correction = made.correction
)
on conflict do nothing
