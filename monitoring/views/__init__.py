"""The pages of this room: metrics, readings, API tokens."""
