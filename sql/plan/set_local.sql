-- Sets a parameter until the end of the transaction. Needs the privilege to set it; planner settings need none.
SELECT set_config(%(name)s, %(value)s, true) AS value
