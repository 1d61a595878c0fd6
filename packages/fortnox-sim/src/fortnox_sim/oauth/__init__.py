"""The OAuth addresses: consent pages, token, revoke."""
