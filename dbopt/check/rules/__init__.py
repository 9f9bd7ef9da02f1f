"""Rules of the gate, one per file."""
