"""Every act on people, selections and invitations."""
