"""What the pages of this room show: pure reads, as frozen dataclasses. No rule, no address, no markup."""
