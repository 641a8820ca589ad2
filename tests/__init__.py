"""The suite. One folder for each room; `ground` for what carries them; `e2e` for the browser."""
