"""What stands between the network and Django: time, size and form of a request.

Nothing behind it waits for a client. A body is read whole by the event loop, under a
deadline, before one of the few request threads hears of it; an answer leaves its thread
as soon as it is made. What Django could not read without a fault is refused here.
"""
