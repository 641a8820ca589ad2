"""People who work with the portal: one account each, e-mail as login."""
