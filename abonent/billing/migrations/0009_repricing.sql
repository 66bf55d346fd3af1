-- Whose price is to change by a version that was announced, and from which date: the first period that begins then or
-- later is the version's. Who has come lately is told lately: a higher price waits for him as long as for the others.
-- A price agreed with one subscriber alone stays, and so does another way of charging.
create view billing_repriceable as
select r.version_id, s.id as subscription_id, s.account_id, s.kind, s.charging, s.state, s.paid_until, s.started_on,
       s.price_kop, s.discount_kop, v.price_kop as new_price_kop, v.number, v.valid_from,
       case when v.price_kop > s.price_kop then greatest(v.valid_from, s.started_on + r.notice_days + 1)
            else v.valid_from end as moves_from
from billing_repricing r
join catalog_offerversion v on v.id = r.version_id
join catalog_offerversion was on was.offer_id = v.offer_id and was.number < v.number
join billing_subscription s on s.version_id = was.id
where r.moved_at is null and r.withdrawn_at is null
  and s.state <> 'ended' and s.price_kop = was.price_kop and s.charging = v.charging
