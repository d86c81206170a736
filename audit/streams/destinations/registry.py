"""Which code speaks to which kind of destination."""

from audit.streams.destinations import otlp, s3, splunk, syslog, webhook
from audit.streams.destinations.contract import Deliver
from audit.streams.kinds import Kind

DELIVER: dict[Kind, Deliver] = {
    Kind.WEBHOOK: webhook.deliver,
    Kind.SPLUNK: splunk.deliver,
    Kind.SYSLOG: syslog.deliver,
    Kind.OTLP: otlp.deliver,
    Kind.S3: s3.deliver,
}
