"""Has the heads of the installation's log cosigned by a witness outside."""
