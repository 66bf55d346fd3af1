-- Those whose price has a discount, with the one that runs: a percent is of the new price, a fixed sum no more than it.
select due.subscription_id as id, due.new_price_kop,
       (
           select json_build_array(d.kind, d.percent_hundredths, d.amount_kop, d.from_on, d.to_on)
           from billing_discount d where d.subscription_id = due.subscription_id and d.state = 'running'
       ) as discount
from billing_repriceable due
where due.version_id = %(version_id)s and due.discount_kop > 0
  and due.account_id between %(first)s and %(last)s and due.moves_from <= %(on)s
  and (due.state <> 'active' or due.paid_until <= %(on)s)
  and not exists (select from billing_parkedaccount p where p.account_id = due.account_id)
