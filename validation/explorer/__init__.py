"""The explorer: runs on a page that one moves through, written to a file or served on this machine."""
