"""A push proxy gateway for tests, of Python's own library: http.server, email and an XML parser that is not ours.

Prints what happens, one JSON object a line: listening (port), push (its control entity's values, the content in hex).
Orders on standard input: {"do": "script", "steps": [STEP, ...]}: what the next pushes are answered with, in order;
then code 1001. STEP: {"http": STATUS} | {"code": PAP_CODE} | {"close": true} | {"delay_ms": N}.
"""

import email.parser
import email.policy
import http.server
import json
import sys
import threading
import time
import xml.etree.ElementTree as tree

lock = threading.Lock()
script = []


def tell(**event):
    with lock:
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with lock:
            step = script.pop(0) if script else {}
        whole = b"Content-Type: " + self.headers["Content-Type"].encode() + b"\r\n\r\n" + body
        mail = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(whole)
        control, content = mail.iter_parts()
        root = tree.fromstring(control.get_payload(decode=True))
        message = root.find("push-message")
        quality = message.find("quality-of-service")
        tell(event="push", path=self.path, peer=self.client_address[1], root=root.tag,
             push_id=message.get("push-id"), before=message.get("deliver-before-timestamp"),
             notify=message.get("ppg-notify-requested-to"),
             address=message.find("address").get("address-value"),
             method=None if quality is None else quality.get("delivery-method"),
             related=mail.get_param("type"), control_type=control.get_content_type(),
             content_type=content.get_content_type(), application=content["X-Wap-Application-Id"],
             content=content.get_payload(decode=True).hex())
        if "delay_ms" in step:
            time.sleep(step["delay_ms"] / 1000)
        if step.get("close"):
            self.close_connection = True
            return
        status = step.get("http", 202)
        answer = b""
        if status < 300:
            pap = tree.Element("pap")
            response = tree.SubElement(pap, "push-response", {"push-id": message.get("push-id")})
            tree.SubElement(response, "response-result", {"code": str(step.get("code", 1001)), "desc": "so"})
            answer = tree.tostring(pap, xml_declaration=True, encoding="utf-8")
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
tell(event="listening", port=server.server_address[1])
for line in sys.stdin:
    order = json.loads(line)
    with lock:
        script.extend(order["steps"])
    tell(event="obeyed", order=order["do"])
