import { createSocket } from 'node:dgram';
import { isIPv4 } from 'node:net';

/** A DNS server on loopback that answers as told. Addresses are answered in the order given. */
export interface DnsServer {
  readonly port: number;
  /** From now on. IPv4 addresses are answered to A, IPv6 ones to AAAA. */
  answer(name: string, ...addresses: readonly string[]): void;
  /** How often the name was asked for. */
  asked(name: string): number;
  stop(): Promise<void>;
}

const typeA = 1;
const typeAaaa = 28;

/** The 16 bytes of an IPv6 address; an IPv4 part is written in dots. */
function ipv6Bytes(address: string): Buffer {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const hex = (high: string | undefined, low: string | undefined) => ((Number(high) << 8) | Number(low)).toString(16);
  const text = dotted === null ? address : `${dotted[1]}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}`;
  const [head = '', tail = ''] = text.split('::');
  const groups = (part: string) => part.split(':').filter((group) => group !== '');
  const missing = 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array.from({ length: missing }, () => '0'), ...groups(tail)];
  const bytes = Buffer.alloc(16);
  all.forEach((group, i) => bytes.writeUInt16BE(Number.parseInt(group, 16), i * 2));
  return bytes;
}

interface Question {
  readonly name: string;
  readonly type: number;
  /** Offset behind the question. */
  readonly end: number;
}

function parseQuestion(packet: Buffer): Question {
  const labels: string[] = [];
  let at = 12;
  for (let length = packet[at] ?? 0; length > 0; length = packet[at] ?? 0) {
    labels.push(packet.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: packet.readUInt16BE(at + 1), end: at + 5 };
}

function record(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(1, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function reply(packet: Buffer, { type, end }: Question, addresses: readonly string[] | undefined): Buffer {
  const records = (addresses ?? []).flatMap((address) => {
    if (isIPv4(address)) return type === typeA ? [record(typeA, Buffer.from(address.split('.').map(Number)))] : [];
    return type === typeAaaa ? [record(typeAaaa, ipv6Bytes(address))] : [];
  });
  const head = Buffer.from(packet.subarray(0, end));
  // A response with recursion; NXDOMAIN for names nobody told us of.
  head.writeUInt16BE(addresses === undefined ? 0x8583 : 0x8580, 2);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, ...records]);
}

export async function startDnsServer(): Promise<DnsServer> {
  const answers = new Map<string, readonly string[]>();
  const counts = new Map<string, number>();
  const socket = createSocket('udp4');
  socket.on('message', (packet, peer) => {
    const question = parseQuestion(packet);
    counts.set(question.name, (counts.get(question.name) ?? 0) + 1);
    socket.send(reply(packet, question, answers.get(question.name)), peer.port, peer.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    port: socket.address().port,
    answer: (name, ...addresses) => void answers.set(name, addresses),
    asked: (name) => counts.get(name) ?? 0,
    stop: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
