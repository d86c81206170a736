"""The verbs of keys and tokens: issue, rotate, revoke, and note a use."""
