"""Pages of this room: for staff in the console, and for testers by personal links."""
