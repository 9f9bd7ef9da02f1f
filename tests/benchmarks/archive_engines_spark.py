"""What Spark says of the files of an archive: `python archive_engines_spark.py FOLDER`, one line of JSON.

It runs in the environment of the peers, without dbopt.
"""

from __future__ import annotations

import json
import sys

from pyspark.sql import SparkSession

QUERY = """
SELECT count(*) AS rows, CAST(sum(amount) AS STRING) AS sum, unix_micros(min(at)) AS least,
       unix_micros(max(at)) AS greatest, count_if(year = 2024 AND month = 3) AS march
FROM many
"""


def main() -> None:
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.timeType.enabled", "true")  # off by default, and then a column of type time is an error
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    session.read.parquet(sys.argv[1]).createOrReplaceTempView("many")
    (found,) = session.sql(QUERY).collect()
    print(json.dumps(found.asDict()))
    session.stop()


if __name__ == "__main__":
    main()
