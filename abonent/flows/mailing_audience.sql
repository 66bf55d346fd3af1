-- Whom a mailing means, a customer once, and by what it reaches each: its channel, or only a letter in Mail.
-- The rest of the statement, which takes them from `meant`, comes in place of the last line.
with audience as (
    select contract.customer_id, min(contract.id) as contract_id
    from subscribers_contract contract
    where contract.ended_on is null and contract.customer_id > %(after)s
      and case %(audience)s::text
          when 'all' then true
          when 'tariff' then exists (
              select from ledger_account account
              join billing_subscription subscription on subscription.account_id = account.id
              join catalog_offerversion version on version.id = subscription.version_id
              join catalog_offer offer on offer.id = version.offer_id
              where account.contract_id = contract.id and subscription.state <> 'ended' and offer.code = %(value)s)
          when 'segment' then exists (
              select from subscribers_line line where line.contract_id = contract.id and line.segment = %(value)s)
          when 'building' then exists (
              select from subscribers_line line join addresses_premises premises on premises.id = line.premises_id
              where line.contract_id = contract.id and premises.building_id = %(number)s::bigint)
          when 'debtors' then exists (
              select from ledger_account account left join billing_terms terms on terms.account_id = account.id
              where account.contract_id = contract.id
                and (account.balance_kop + coalesce(terms.credit_limit_kop, 0) < -%(number)s::bigint
                     or (%(number)s::bigint = 0 and exists (
                         select from billing_subscription subscription
                         where subscription.account_id = account.id and subscription.state = 'suspended'))))
          else false
          end
    group by contract.customer_id
), reached as (
    select audience.*, customer.language,
           coalesce(nullif(customer.given_name, ''), customer.full_name) as name,
           (select number from subscribers_contract contract where contract.id = audience.contract_id) as number,
           case when case %(channel)s::text
               when 'sms' then exists (select from subscribers_contact contact
                                       where contact.customer_id = customer.id and contact.kind = 'phone')
               when 'email' then exists (select from subscribers_contact contact
                                         where contact.customer_id = customer.id and contact.kind = 'email')
               when 'push' then exists (select from notifications_pushdevice device
                                        where device.customer_id = customer.id)
               else false end
               and not exists (select from notifications_noticechoice choice
                               where choice.customer_id = customer.id and choice.subject = 'services'
                                 and choice.channel = %(channel)s and not choice.is_wanted and not %(is_offer)s)
               then %(channel)s::text else 'inbox' end as way
    from audience
    join subscribers_customer customer on customer.id = audience.customer_id
    where customer.contacts_forgotten_on is null
      and (not %(is_offer)s or exists (
          select from subscribers_personalconsent consent
          where consent.customer_id = customer.id and consent.purpose = %(purpose)s and consent.withdrawn_at is null))
), meant as (
    select * from reached where not %(is_offer)s or way <> 'inbox'
)
{then}
