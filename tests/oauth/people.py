"""Invented people at the authorization server of the tests, by their login."""

PASSWORD = "correct horse"  # in a server that lives for a test
PEOPLE = {
    "jun": ("Jun Takahashi", "jun.takahashi@halden.example"),
    "outsider": ("Out Sider", "out.sider@elsewhere.example"),
}
