"""The verbs of SCIM: serve a request, remember it, switch what a provider may do."""
