// An SMSC for tests, on npm's `smpp`: another library in another language. Prints what happens, one JSON object a line,
// as smsc.py does (a submission with the raw PDU); answers everything with Ok and sends a receipt that says DELIVRD for each message.
'use strict';

const smpp = require('smpp');

let links = 0;
let count = 0;

function tell(event) {
  process.stdout.write(JSON.stringify(event) + '\n');
}

const server = smpp.createServer((session) => {
  const link = links++;
  // The octets of each PDU as they came: the library takes them piece by piece, then says that it has one.
  let pieces = [];
  let raw = '';
  const read = session.socket.read.bind(session.socket);
  session.socket.read = (size) => {
    const piece = read(size);
    if (piece) pieces.push(piece);
    return piece;
  };
  session.on('pdu', () => {
    raw = Buffer.concat(pieces).toString('hex');
    pieces = [];
  });
  const bound = (kind) => (pdu) => {
    tell({ event: 'bind', link, kind, system_id: pdu.system_id, password: pdu.password });
    session.send(pdu.response({ system_id: 'smsc' }));
  };
  for (const kind of ['bind_transceiver', 'bind_transmitter', 'bind_receiver']) {
    session.on(kind, bound(kind));
  }
  session.on('submit_sm', (pdu) => {
    const id = String(++count);
    const whole = pdu.short_message.message;
    const udh = pdu.short_message.udh;
    const payload = pdu.message_payload;
    const date = '3001010000';
    tell({
      event: 'submit', link, id, raw, status: 0, to: pdu.destination_addr, esm: pdu.esm_class, dcs: pdu.data_coding,
      udh: (udh || []).map((element) => element.toString('hex')),
      message: Buffer.isBuffer(whole) ? whole.toString('hex') : String(whole),
      payload: payload ? Buffer.from(payload.message || payload).toString('hex') : null,
      source_port: pdu.source_port, destination_port: pdu.dest_port,
      sar: [pdu.sar_msg_ref_num, pdu.sar_segment_seqnum, pdu.sar_total_segments],
    });
    session.send(pdu.response({ message_id: id }));
    session.deliver_sm({
      esm_class: 4, source_addr: pdu.destination_addr, destination_addr: pdu.source_addr,
      short_message:
        `id:${id} sub:001 dlvrd:001 submit date:${date} done date:${date} stat:DELIVRD err:000 text:`,
    });
  });
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => {
    tell({ event: 'unbind', link });
    session.send(pdu.response());
    session.close();
  });
  session.on('close', () => tell({ event: 'closed', link }));
  session.on('error', () => {});
});

server.listen(0, '127.0.0.1', () => tell({ event: 'listening', port: server.address().port }));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
