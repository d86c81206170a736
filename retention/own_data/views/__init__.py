"""A person's own data, outside any workspace's address.

Each page opens the scope of the one membership that it is about; a conversation of
anyone else does not exist here.
"""
