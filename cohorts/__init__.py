"""The people of a rollout: who is in, who was drawn, who was invited."""
