"""An SMSC for tests, on PyPI's smpplib: reads and writes SMPP with a library that is not ours.

Prints what happens and takes orders, one JSON object a line. Events: listening (port), bind, submit (with the raw PDU),
enquire, unbind, closed. Orders:

  {"do": "script", "steps": [STEP, ...]}   what the next submissions are answered with, in order; then Ok
      STEP: {"status": N} | {"delay_ms": N} | {"silent": true} | {"close": true}, and combinations
  {"do": "auto", "stat": "DELIVRD", "times": N, "first": BOOL, "err": "000"}   receipts for each message that is
      taken; first: before its answer; to a receiver's link where there is one
  {"do": "receipt", "id": ID, "to": NUMBER, "stat": S, "times": N}
  {"do": "alert", "to": NUMBER}            the phone is there again
  {"do": "refuse", "status": N}            binds are refused from now on; 0: no more
  {"do": "drop"}                           every connection is closed

Ids are hexadecimal in answers and decimal, with zeros in front, in receipts, as many SMSCs write them.
"""

import json
import socket
import struct
import sys
import threading
import time

from smpplib import consts, smpp

lock = threading.RLock()
links = []
script = []
auto = None
refuse = 0
count = 0xA0


def tell(**event):
    with lock:
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()


def text(value):
    return value.decode("ascii", "replace") if isinstance(value, bytes) else (value or "")


class Link:
    def __init__(self, connection, number):
        self.connection = connection
        self.number = number
        self.kind = None
        self.sequence = 0
        self.sequence_generator = None

    def next_sequence(self):
        self.sequence += 1
        return self.sequence

    def send(self, pdu):
        self.connection.sendall(pdu.generate())

    def answer(self, request, status=consts.SMPP_ESME_ROK, **fields):
        name = request.command + "_resp"
        pdu = smpp.make_pdu(name, client=self, status=status, **fields)
        pdu.sequence = request.sequence
        self.send(pdu)

    def octets(self, count):
        got = b""
        while len(got) < count:
            more = self.connection.recv(count - len(got))
            if not more:
                raise ConnectionError
            got += more
        return got

    def run(self):
        try:
            while True:
                head = self.octets(4)
                (length,) = struct.unpack(">L", head)
                self.take(head + self.octets(length - 4))
        except (OSError, ConnectionError):
            pass
        with lock:
            if self in links:
                links.remove(self)
        tell(event="closed", link=self.number)

    def take(self, raw):
        (command,) = struct.unpack(">L", raw[4:8])
        if command == 0x80000005:
            return
        pdu = smpp.parse_pdu(raw, client=self, allow_unknown_opt_params=True)
        name = pdu.command
        if name.startswith("bind_") and not name.endswith("_resp"):
            tell(event="bind", link=self.number, kind=name, system_id=text(pdu.system_id),
                 password=text(pdu.password), system_type=text(pdu.system_type))
            self.kind = name
            self.answer(pdu, status=refuse, system_id="smsc")
            if refuse:
                self.connection.close()
        elif name == "submit_sm":
            self.submit(pdu, raw)
        elif name == "enquire_link":
            tell(event="enquire", link=self.number)
            self.answer(pdu)
        elif name == "unbind":
            tell(event="unbind", link=self.number)
            self.answer(pdu)
            self.connection.close()

    def submit(self, pdu, raw):
        global count
        with lock:
            step = script.pop(0) if script else {}
            count += 1
            number = count
        status = step.get("status", 0)
        to = text(pdu.destination_addr)
        tell(event="submit", link=self.number, id=number, to=to, status=status, raw=raw.hex(),
             validity=text(pdu.validity_period), registered=pdu.registered_delivery,
             silent=bool(step.get("silent") or step.get("close")))
        if "delay_ms" in step:
            time.sleep(step["delay_ms"] / 1000)
        if step.get("close"):
            self.connection.close()
            return
        if step.get("silent"):
            return
        receipts = auto if status == 0 else None
        if receipts and receipts.get("first"):
            receipt(number, to, receipts)
        fields = {"message_id": "%X" % number} if status == 0 else {}
        self.answer(pdu, status=status, **fields)
        if receipts and not receipts.get("first"):
            receipt(number, to, receipts)


def receipt(number, to, how):
    with lock:
        able = [link for link in links if link.kind in ("bind_receiver", "bind_transceiver")]
        link = next((link for link in able if link.kind == "bind_receiver"), able[0] if able else None)
    if link is None:
        return
    words = "id:%010d sub:001 dlvrd:001 submit date:3001010000 done date:3001010000 stat:%s err:%s text:" % (
        number, how["stat"], how.get("err", "000"))
    for _ in range(how.get("times", 1)):
        pdu = smpp.make_pdu("deliver_sm", client=link, status=0, source_addr_ton=1, source_addr_npi=1,
                            source_addr=to, dest_addr_ton=0, dest_addr_npi=0, destination_addr="2626",
                            esm_class=4, short_message=words.encode())
        pdu.sequence = link.next_sequence()
        link.send(pdu)


def alert(to):
    with lock:
        link = next((link for link in links if link.kind != "bind_transmitter"), None)
    if link is not None:
        body = b"\x01\x01" + to.encode() + b"\0" + b"\0\0\0"
        link.connection.sendall(struct.pack(">LLLL", 16 + len(body), 0x102, 0, link.next_sequence()) + body)


def obey(order):
    global auto, refuse
    what = order["do"]
    if what == "script":
        with lock:
            script.extend(order["steps"])
    elif what == "auto":
        auto = order if order.get("stat") else None
    elif what == "receipt":
        receipt(order["id"], order["to"], order)
    elif what == "alert":
        alert(order["to"])
    elif what == "refuse":
        refuse = order["status"]
    elif what == "drop":
        with lock:
            for link in list(links):
                try:
                    link.connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
    tell(event="obeyed", order=what)


def listen():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0))
    tell(event="listening", port=listener.getsockname()[1])
    number = 0
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link = Link(connection, number)
        number += 1
        with lock:
            links.append(link)
        threading.Thread(target=link.run, daemon=True).start()


threading.Thread(target=listen, daemon=True).start()
for line in sys.stdin:
    obey(json.loads(line))
