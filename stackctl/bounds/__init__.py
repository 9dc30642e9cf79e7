"""Reading what others wrote within bounds: files, archives, answers of servers, JSON, regular
expressions, text for a terminal.

The only place that opens files to read them and takes answers of servers, so that no limit can be forgotten.
"""
