-- Letters as conversations of one message, each once by its key. The open pages of a contract are told at commit.
with asked as (
    select * from jsonb_to_recordset(%(letters)s::jsonb) as one (
        key text, contract_id bigint, folder text, subject text, text text, language text, link text, token text
    )
), kept as (
    insert into conversations_conversation (
        token, client_id, kind, folder, topic, department, subject, about, state, contract_id, guest_name,
        guest_contact, consent, language, opened_at, last_at, place_at_start, last_sequence, to_visitor_sequence,
        read_by_visitor, read_by_staff
    )
    select token, 'notice:' || key, 'notice', folder, '', '', subject, '', 'closed', contract_id, '',
           '', '', language, %(at)s, %(at)s, 0, 1, 1, 0, 1
    from asked
    on conflict (client_id) do nothing
    returning id, client_id, contract_id
), said as (
    insert into conversations_message (
        conversation_id, sequence, client_id, author, author_name, text, link, is_note, unverified, by_email, at
    )
    select kept.id, 1, asked.key, 'company', '', asked.text, asked.link, false, false, false, %(at)s
    from kept join asked on 'notice:' || asked.key = kept.client_id
    returning conversation_id
), told as (
    insert into core_event (topic, name, data)
    select 'contract:' || contract_id, 'mail', jsonb_build_object('conversation', id) from kept
    returning id, topic, name, data
), notified as (
    select pg_notify('abonent_events',
                     json_build_object('id', id, 'topic', topic, 'name', name, 'data', data)::text)
    from told
)
select (select count(*) from said) as kept, (select count(*) from notified) as told
