-- An SMS centre's receipt, by any spelling of its id; the first one that tells of an end counts.
-- Where the answer to what we sent was lost (a kill, a broken line), by our own reference and the phone.
with known as (
    update notifications_notice
    set delivered_at = case when %(arrived)s then statement_timestamp() end,
        error = case when %(arrived)s then error else %(error)s end
    where gateway_id = any(%(ids)s::text[]) and gateway_id <> '' and delivered_at is null
    returning id
)
update notifications_notice notice
set state = 'sent', channel = 'sms', sent_at = coalesce(notice.sent_at, statement_timestamp()), claimed_at = null,
    gateway_id = (%(ids)s::text[])[1], secret = '',
    delivered_at = case when %(arrived)s then statement_timestamp() end,
    error = case when %(arrived)s then '' else %(error)s end
where not exists (select from known)
  and %(reference)s::int is not null
  and notice.claimed_at is not null
  and notice.id %% 65536 = %(reference)s::int
  and notice.state in ('queued', 'failed', 'canceled')
  and (notice.to_address = %(phone)s
       or exists (select from subscribers_contract contract
                  join subscribers_contact contact on contact.customer_id = contract.customer_id
                  where contract.id = notice.contract_id and contact.kind = 'phone' and contact.value = %(phone)s))
