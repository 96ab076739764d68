"""What runs inside the sandbox, on the standard library alone; mounted there read-only. The host imports the codec from here too."""
