"""The operations console: what joins the rooms. Holds no rule."""
