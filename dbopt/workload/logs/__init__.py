"""Capturing a workload from the logs of a server."""
