"""Reading a rollout plan that was written as a Markdown document."""
