"""One SQL statement over rows that are in a table still and rows that are in its archive, as if none had ever left."""
