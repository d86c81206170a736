"""How often strangers may open the link of an invitation."""

from kit.limits import Limit

LINK = Limit(name="invitation", most=30, every_seconds=2, when_down=True)
