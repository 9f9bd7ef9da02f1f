"""Statements written so that they are faster and mean the same: one rule per file, and the proof."""
