"""The demo: a shop with skewed data and an application that is slow for reasons seen in practice."""
