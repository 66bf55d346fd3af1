-- An SMS centre's receipt, by any spelling of its id; the first one that tells of an end counts.
update notifications_notice
set delivered_at = case when %(arrived)s then statement_timestamp() end,
    error = case when %(arrived)s then error else %(error)s end
where gateway_id = any(%(ids)s::text[]) and gateway_id <> '' and delivered_at is null
