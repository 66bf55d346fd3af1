-- What is left of each advance that came through the bank, the oldest first.
select p.payment_id, payment.external_id,
       p.amount_kop - coalesce((
           select sum(r.amount_kop) from payments_receipt r
           where r.payment_id = p.payment_id and r.kind in ('offset', 'refund')
       ), 0)::bigint as left_kop
from payments_receipt p
join payments_payment payment on payment.id = p.payment_id
where p.account_id = %(account_id)s and p.kind = 'advance' and p.way = 'yookassa' and p."on" < %(end)s
order by p."on", p.id
