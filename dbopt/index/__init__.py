"""Index advice: candidates, what-if costs, selection, existing indexes; building and dropping them."""
