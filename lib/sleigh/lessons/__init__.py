"""What only notebooks need; a folder for each lesson's checks and figures."""
