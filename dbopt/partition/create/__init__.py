"""New partition sets: what a set lacks is found (`pieces`), written as SQL (`native`, `partman`), and made."""
