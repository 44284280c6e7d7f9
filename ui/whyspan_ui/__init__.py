"""What people see: the command line and the dashboard. It reads; only the collector writes."""
