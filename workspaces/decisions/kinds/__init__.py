"""The kinds of resources that decisions are about, one file each."""
