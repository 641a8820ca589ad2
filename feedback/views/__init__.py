"""The pages of this room: for testers by link, for staff in the console."""
