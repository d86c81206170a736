"""Names the queues of the broker, by who listens: there is no other list of them."""

WORKER_QUEUES = ("due", "slow")
# Its own worker: whatever waits for a seal must not keep the seal waiting.
SEQUENCER_QUEUES = ("sequencer",)
STREAM_QUEUES = ("streams",)
QUEUES = WORKER_QUEUES + STREAM_QUEUES + SEQUENCER_QUEUES
