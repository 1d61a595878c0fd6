"""What knows no business word."""
