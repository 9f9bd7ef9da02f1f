"""The command line: parse, call a feature, print. No logic."""
