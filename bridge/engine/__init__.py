"""The machine of both directions: arrival, plan, effects. It knows ports only, and no foreign package."""
