"""How often strangers may ask each address of sign-in; the numbers are per asker.

Thousands of people may share one address of an office, so what single sign-on needs is
generous; `CUSTOS_LIMITS_SCALE` raises them all. While Valkey is down all let through,
except what would send mail: nothing here is what keeps an intruder out. Codes and
break-glass count their tries in the database.
"""

from kit.limits import Limit

DISCOVERY = Limit(name="discovery", most=60, every_seconds=1, when_down=True)
LOGIN = Limit(name="saml-login", most=300, every_seconds=0.1, when_down=True)
ACS = Limit(name="saml-acs", most=300, every_seconds=0.1, when_down=True)
FINISH = Limit(name="saml-finish", most=300, every_seconds=0.1, when_down=True)
SLS = Limit(name="saml-sls", most=300, every_seconds=0.1, when_down=True)
METADATA = Limit(name="saml-metadata", most=60, every_seconds=1, when_down=True)
CODE = Limit(name="code", most=30, every_seconds=20, when_down=False)
# To one mail address, from one place; and from wherever it is asked, wider, so that
# who fills the first one somewhere keeps nobody elsewhere from their code.
CODE_TO = Limit(name="code-to", most=5, every_seconds=120, when_down=False)
CODES_TO = Limit(name="codes-to", most=30, every_seconds=60, when_down=False)
CODE_ENTER = Limit(name="code-enter", most=30, every_seconds=10, when_down=True)
CHOOSE = Limit(name="choose", most=30, every_seconds=2, when_down=True)
BREAK_GLASS = Limit(name="break-glass", most=10, every_seconds=15, when_down=True)
