"""`dbopt partition`: partition sets suggested, created, converted to online, kept up, and shown."""
