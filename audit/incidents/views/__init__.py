"""The pages of incidents: of an organization, and of one of its workspaces."""
