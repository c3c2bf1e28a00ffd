"""One module for each row, or for rows that share what they measure. Each has `lines(bench)`."""
