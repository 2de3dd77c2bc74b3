"""What shows the lake: the warehouse and its queries, the dashboard, the page that serves it."""
