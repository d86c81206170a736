"""The forms in which entries leave Custos: native JSON, OCSF 1.8.0 and CEF."""
