"""Details of entries go after the days that an organization set; every proof stays."""
