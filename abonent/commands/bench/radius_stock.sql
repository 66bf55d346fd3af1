-- The stock schema's rows of the same lines: a password, two reply attributes by the group of the speed, live sessions.
insert into stock.radcheck (username, attribute, op, value)
select name, 'Cleartext-Password', ':=', password from network_login order by line_id;
-- What the two-query shape needs of its own, and the groups' shape has beside the group.
insert into stock.radreply (username, attribute, op, value)
select name, 'Mikrotik-Rate-Limit', ':=', '100M/300M' from network_login order by line_id;
insert into stock.radusergroup (username, groupname, priority)
select name, 'open', 1 from network_login order by line_id;
insert into stock.radgroupreply (groupname, attribute, op, value) values ('open', 'Acct-Interim-Interval', ':=', '300');
insert into stock.radgroupcheck (groupname, attribute, op, value) values ('open', 'Simultaneous-Use', ':=', '9');
insert into stock.radacct (
    acctsessionid, acctuniqueid, username, nasipaddress, nasportid, acctstarttime, acctupdatetime, acctsessiontime,
    acctinputoctets, acctoutputoctets, callingstationid, framedipaddress, class)
select acct_session_id, unique_id, user_name, '127.0.0.11', port, started_at, updated_at, seconds, 0, 0,
    upper(replace(mac::text, ':', '-')), address, ''
from network_accesssession order by id;
