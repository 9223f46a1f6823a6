"""Another operator's MMSC: Python's smtplib and email library. One order a line on standard input, as JSON; for each,
one line back: the code of the reply that decided, and its text. `wait` is answered before anything is sent."""
import email.mime.application
import email.mime.multipart
import json
import smtplib
import ssl
import sys


def mail(order):
    whole = email.mime.multipart.MIMEMultipart("related", type="application/smil", start="<smil>")
    for name, value in order["headers"]:
        whole[name] = value
    for kind, identity, path in order["parts"]:
        main, sub = kind.split("/")
        part = email.mime.application.MIMEApplication(open(path, "rb").read(), sub)
        part.set_type(kind)
        part["Content-ID"] = "<%s>" % identity
        part["Content-Location"] = identity
        whole.attach(part)
    return whole.as_bytes(policy=whole.policy.clone(linesep="\r\n"))


def connect(order):
    peer = smtplib.SMTP("127.0.0.1", order["port"], local_hostname="mms1.alpha.example", timeout=30)
    if order.get("authorities"):
        context = ssl.create_default_context(cafile=order["authorities"])
        context.check_hostname = False
        if order.get("certificate"):
            context.load_cert_chain(order["certificate"], order["key"])
        code, text = peer.starttls(context=context)
        assert code == 220, (code, text)
        assert peer.sock.version() in ("TLSv1.2", "TLSv1.3"), peer.sock.version()
    peer.ehlo()
    assert peer.has_extn("pipelining") and peer.has_extn("8bitmime") and peer.has_extn("chunking")
    return peer


peer = None
for line in sys.stdin:
    order = json.loads(line)
    try:
        if peer is None:
            peer = connect(order)
        refused = peer.sendmail(order["from"], order["to"], mail(order))
        answer = {"code": 250, "refused": {to: said[0] for to, said in refused.items()}}
    except smtplib.SMTPRecipientsRefused as error:
        answer = {"code": min(said[0] for said in error.recipients.values())}
    except smtplib.SMTPResponseException as error:
        answer = {"code": error.smtp_code, "text": error.smtp_error.decode()}
        if error.smtp_code == 421:
            peer = None
    except (OSError, smtplib.SMTPException) as error:
        answer = {"code": 0, "text": repr(error)}
        peer = None
    print(json.dumps(answer), flush=True)
