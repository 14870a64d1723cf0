"""What the panel and the browser app show: sections, fields, rules, tables and charts as plain data; no widgets."""
