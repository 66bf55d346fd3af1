-- A charge's key is its period: a second charge of the same days breaks the primary key, and the whole step with it.
insert into billing_charge (period_start, subscription_id, turn, account_id, period_end, whole_start, whole_end,
                            price_kop, discount_kop, charging, proration_days, amount_kop, charged_on, transfer_on,
                            transfer_id)
select period_start, subscription_id, turn, debit_id, period_end, whole_start, whole_end,
       price_kop, discount_kop, charging, %(proration_days)s, amount_kop, "on", case when id is not null then "on" end, id
from {due}
where fits
