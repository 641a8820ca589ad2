"""What the console's pages of this room show, as plain data: no request, no markup."""
