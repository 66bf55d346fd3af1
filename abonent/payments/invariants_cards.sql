-- Bound cards and autopay. Each rule selects what breaks it; nothing selected is in order.

-- rule: an autopay's attempt and its payment are of one account, card and sum, under the attempt's own key
select format('autopay attempt %s is of account %s, card %s, %s kopecks; its payment %s is of %s, %s, %s, key %s',
              a.id, a.account_id, a.card_id, a.amount_kop, a.payment_id, p.account_id, p.card_id, p.amount_kop,
              p.idempotence_key) as what
from payments_autopayattempt a
left join payments_payment p on p.id = a.payment_id
where a.payment_id is not null
  and (p.id is null or p.account_id <> a.account_id or p.card_id is distinct from a.card_id
       or p.amount_kop <> a.amount_kop or p.idempotence_key <> 'auto-' || a.id)

-- rule: an autopay's attempt says of its payment what the payment says itself
select format('autopay attempt %s is %s, its payment %s is %s', a.id, a.state, p.id, p.state) as what
from payments_autopayattempt a
join payments_payment p on p.id = a.payment_id
where (a.state in ('paid', 'paid_late')) <> (p.state = 'succeeded')
   or a.state = 'declined' and p.state not in ('canceled', 'pending', 'parked')
   or a.state = 'debiting' and p.state not in ('new', 'pending', 'parked')

-- rule: a cause is debited once
select format('%s is debited %s times', cause, count(*)) as what
from payments_autopayattempt where state in ('planned', 'debiting', 'paid') group by cause having count(*) > 1

-- rule: a debit without the payer is an autopay's attempt
select format('payment %s was debited without its payer, and no autopay asked for it', p.id) as what
from payments_payment p
left join payments_autopayattempt a on a.payment_id = p.id
where p.idempotence_key like 'auto-%' and a.id is null

-- rule: what is kept of a card, its owner agreed to; what he took back is kept no more
select format('card %s of account %s stands on consent %s of account %s, withdrawn %s',
              card.id, card.account_id, consent.id, consent.account_id, consent.withdrawn_at) as what
from payments_boundcard card
left join payments_consent consent on consent.id = card.consent_id
where consent.id is null or consent.account_id <> card.account_id or consent.cause <> card.cause
   or card.state = 'active' and consent.withdrawn_at is not null

-- rule: autopay that is on has a card of its account that can pay, and a consent in force
select format('autopay of account %s is on by card %s (%s of account %s), consent %s withdrawn %s',
              autopay.account_id, card.id, card.state, card.account_id, consent.id, consent.withdrawn_at) as what
from payments_autopay autopay
left join payments_boundcard card on card.id = autopay.card_id
left join payments_consent consent on consent.id = autopay.consent_id
where autopay.is_on
  and (card.id is null or card.state <> 'active' or card.account_id <> autopay.account_id
       or consent.id is null or consent.withdrawn_at is not null or consent.account_id <> autopay.account_id)

-- rule: no card is an orphan
select format('card %s is of account %s', card.id, card.account_id) as what
from payments_boundcard card
left join ledger_account account on account.id = card.account_id and account.kind = 'subscriber'
where account.id is null

-- rule: whoever has cards has one default
select format('account %s has %s cards and no default', account_id, count(*)) as what
from payments_boundcard where state = 'active' group by account_id having not bool_or(is_default)
