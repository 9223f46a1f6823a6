"""A name server that is not ours: answers as it is told, over UDP and TCP, with dnslib.

The first line on standard output is the port, the same for both. Each line on standard input is a table in JSON that
takes the place of the one before, and is answered with a line: keys are a name, a space and a type; values have
`answer` and `authority` (records as in a zone file), `code` (NOERROR), `silent`. What is not in the table does not
exist. An answer over UDP that is longer than 512 octets is cut off. It ends with its standard input.
"""

import json
import sys

from dnslib import QTYPE, RCODE, RR, DNSError, DNSRecord
from dnslib.server import BaseResolver, DNSHandler, DNSServer

table = {}


class Mute:
    def __getattr__(self, name):
        return lambda *words: None


class Handler(DNSHandler):
    def get_reply(self, data):
        octets = super().get_reply(data)
        if self.protocol == "tcp" or len(octets) <= 512:
            return octets
        # dnslib's own cut leaves the question out, as no server does.
        reply = DNSRecord.parse(octets)
        reply.header.tc = 1
        reply.rr = []
        return reply.pack()


class Resolver(BaseResolver):
    def resolve(self, request, handler):
        question = request.q
        key = f"{str(question.qname).lower().rstrip('.')} {QTYPE[question.qtype]}"
        entry = table.get(key, {"code": "NXDOMAIN"})
        if entry.get("silent"):
            raise DNSError("nothing is said")
        reply = request.reply()
        reply.header.rcode = getattr(RCODE, entry.get("code", "NOERROR"))
        for record in entry.get("answer", []):
            reply.add_answer(*RR.fromZone(record))
        for record in entry.get("authority", []):
            reply.add_auth(*RR.fromZone(record))
        return reply


def servers():
    """Both on one port that the kernel gives."""
    words = {"address": "127.0.0.1", "logger": Mute(), "handler": Handler}
    while True:
        tcp = DNSServer(Resolver(), port=0, tcp=True, **words)
        port = tcp.server.server_address[1]
        try:
            return tcp, DNSServer(Resolver(), port=port, **words), port
        except OSError:
            tcp.server.server_close()


tcp, udp, port = servers()
tcp.start_thread()
udp.start_thread()
print(port, flush=True)
for line in sys.stdin:
    table = json.loads(line)
    print("taken", flush=True)
