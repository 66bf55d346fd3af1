-- Whom new terms of an offer would touch: as the view billing_repriceable asks, for a version that is not made yet.
select count(*) filter (where is_meant) as subscriptions,
       count(distinct account_id) filter (where is_meant) as accounts,
       coalesce(sum(%(price_kop)s::bigint - price_kop) filter (where is_meant), 0)::bigint as moved_kop,
       count(*) filter (where not is_meant) as own_price
from (
    select s.account_id, s.price_kop, s.price_kop = was.price_kop and s.charging = %(charging)s as is_meant
    from billing_subscription s
    join catalog_offerversion was on was.id = s.version_id
    where was.offer_id = %(offer_id)s and s.state <> 'ended'
) found
