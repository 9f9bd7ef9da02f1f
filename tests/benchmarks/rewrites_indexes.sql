-- Indexes that a careful owner of TPC-H's tables would have.
CREATE INDEX ON lineitem (l_partkey, l_suppkey);
CREATE INDEX ON lineitem (l_shipdate);
CREATE INDEX ON lineitem (l_suppkey);
CREATE INDEX ON orders (o_custkey);
CREATE INDEX ON orders (o_orderdate);
CREATE INDEX ON customer (c_nationkey);
CREATE INDEX ON customer (c_name);
CREATE INDEX ON customer (c_phone);
CREATE INDEX ON supplier (s_nationkey);
CREATE INDEX ON partsupp (ps_suppkey);
CREATE INDEX ON part (p_name);
CREATE INDEX ON part (p_brand, p_size);

-- what an application has besides: when something happened, and in whose time
CREATE TABLE event AS
SELECT o_orderkey AS e_eventkey, o_custkey AS e_custkey, o_orderkey AS e_orderkey,
       o_orderdate + (o_orderkey % 86400) * interval '1 second' AS e_at,
       (o_orderdate + (o_orderkey % 86400) * interval '1 second') AT TIME ZONE 'UTC' AS e_received,
       'K' || lpad((o_custkey % 9000)::text, 6, '0') AS e_code
FROM orders;
ALTER TABLE event ALTER e_custkey SET NOT NULL, ALTER e_orderkey SET NOT NULL, ADD PRIMARY KEY (e_eventkey);
ALTER TABLE event ADD FOREIGN KEY (e_custkey) REFERENCES customer;
ALTER TABLE event ADD FOREIGN KEY (e_orderkey) REFERENCES orders;
CREATE INDEX ON event (e_at);
CREATE INDEX ON event (e_received);
CREATE INDEX ON event (e_custkey);
VACUUM ANALYZE;
