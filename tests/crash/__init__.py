"""The daemon killed at every durable step, then started again."""
