-- TPC-H with the indexes that people add to it, and statistics on what belongs together.
CREATE INDEX orders_customer ON orders (o_custkey);
CREATE INDEX orders_orderdate ON orders (o_orderdate);
CREATE INDEX lineitem_part ON lineitem (l_partkey, l_suppkey);
CREATE INDEX lineitem_shipdate ON lineitem (l_shipdate);
CREATE INDEX partsupp_supplier ON partsupp (ps_suppkey);
CREATE INDEX supplier_nation ON supplier (s_nationkey);
CREATE INDEX customer_phone ON customer (c_phone);
CREATE STATISTICS part_maker (dependencies, ndistinct, mcv) ON p_mfgr, p_brand FROM part;
CREATE STATISTICS lineitem_flags (dependencies, ndistinct, mcv) ON l_returnflag, l_linestatus FROM lineitem;
VACUUM (ANALYZE);
