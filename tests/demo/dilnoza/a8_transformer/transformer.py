# Blank: handed in as it was given out
