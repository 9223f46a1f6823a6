"""An MMSC's mail server that is not ours: takes mails with aiosmtpd, reads them with Python's email package.

Arguments: how each mail is answered: `ok`, `busy` (451), `unknown` (550 5.1.1 to RCPT); its address, if
not 127.0.0.1. The first line on standard output is the port; then one line of JSON a mail. It ends with its standard input.
"""

import asyncio
import email.policy
import hashlib
import json
import sys
from email.parser import BytesParser

from aiosmtpd.smtp import SMTP


class Handler:
    def __init__(self, verdict):
        self.verdict = verdict

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.verdict == "unknown":
            return "550 5.1.1 nobody of that number"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        message = BytesParser(policy=email.policy.default).parsebytes(envelope.original_content)
        parts = []
        for part in message.walk():
            if not part.is_multipart():
                octets = part.get_payload(decode=True)
                parts.append(
                    {
                        "type": part.get_content_type(),
                        "octets": len(octets),
                        "sha256": hashlib.sha256(octets).hexdigest(),
                        "id": part["Content-ID"],
                        "location": part["Content-Location"],
                    }
                )
        report = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "helo": session.host_name,
            "headers": [[name, str(value)] for name, value in message.items()],
            "type": message.get_content_type(),
            "parts": parts,
            "defects": [str(defect) for part in message.walk() for defect in part.defects],
        }
        print(json.dumps(report), flush=True)
        return "451 4.3.0 later" if self.verdict == "busy" else "250 2.0.0 taken"


async def main():
    loop = asyncio.get_running_loop()
    handler = Handler(sys.argv[1] if len(sys.argv) > 1 else "ok")
    address = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
    server = await loop.create_server(lambda: SMTP(handler, hostname="sink.example"), address, 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
