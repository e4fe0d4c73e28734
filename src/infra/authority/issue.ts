import 'reflect-metadata'; // Asked for by the library below.
import { randomBytes, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { clockSkewMs, type KeyPair } from './certificate.ts';
import { type GatewayIdentity, identityUri, replicaUri } from './identity.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

interface Wanted {
  readonly commonName: string;
  readonly extensions: readonly Extension[];
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly lifetimeMs: number;
  /** Signs the certificate; absent, it signs itself. */
  readonly issuer?: KeyPair;
}

async function readKey(pem: string): Promise<webcrypto.CryptoKey> {
  const [der] = PemConverter.decode(pem);
  if (der === undefined) throw new Error('no private key in PEM');
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, true, ['sign']);
}

async function issue({ commonName, extensions, now, lifetimeMs, issuer }: Wanted): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const subject = `CN=${commonName}`;
  const certificate = await X509CertificateGenerator.create({
    // Positive and of at most 20 bytes (RFC 5280, 4.1.2.2).
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    subject,
    issuer: issuer === undefined ? subject : new X509Certificate(issuer.certificate).subject,
    notBefore: new Date(now - clockSkewMs),
    notAfter: new Date(now + lifetimeMs),
    publicKey: keys.publicKey,
    signingKey: issuer === undefined ? keys.privateKey : await readKey(issuer.key),
    signingAlgorithm: algorithm,
    extensions: [...extensions],
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { certificate: `${certificate.toString('pem')}\n`, key: `${key}\n` };
}

function leaf(usage: ExtendedKeyUsage, names: JsonGeneralNames): readonly Extension[] {
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([usage]),
    new SubjectAlternativeNameExtension(names),
  ];
}

/** A new authority that signs itself. Its name is its own, so that two at a time are told apart by it. */
export function issueAuthority(now: number, lifetimeMs: number): Promise<KeyPair> {
  return issue({
    commonName: `sallyport ${randomBytes(6).toString('hex')}`,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
    now,
    lifetimeMs,
  });
}

/** A certificate of the discovery server, for the names that proxies reach it by. */
export function issueServer(
  issuer: KeyPair,
  dnsNames: readonly string[],
  now: number,
  lifetimeMs: number,
): Promise<KeyPair> {
  const names = dnsNames.map((value) => ({ type: 'dns' as const, value }));
  return issue({
    commonName: 'sallyport',
    extensions: leaf(ExtendedKeyUsage.serverAuth, names),
    now,
    lifetimeMs,
    issuer,
  });
}

/** A certificate for a client that is known by a URI. */
function issueByUri(
  issuer: KeyPair,
  commonName: string,
  uri: string,
  now: number,
  lifetimeMs: number,
): Promise<KeyPair> {
  const names = [{ type: 'url' as const, value: uri }];
  return issue({ commonName, extensions: leaf(ExtendedKeyUsage.clientAuth, names), now, lifetimeMs, issuer });
}

/** The certificate by which the proxies of one Gateway are known. */
export function issueClient(
  issuer: KeyPair,
  gateway: GatewayIdentity,
  now: number,
  lifetimeMs: number,
): Promise<KeyPair> {
  return issueByUri(issuer, 'gateway', identityUri(gateway), now, lifetimeMs);
}

/** The certificate by which the replicas of the controller know one another. */
export function issueReplica(
  issuer: KeyPair,
  controllerNamespace: string,
  now: number,
  lifetimeMs: number,
): Promise<KeyPair> {
  return issueByUri(issuer, 'replica', replicaUri(controllerNamespace), now, lifetimeMs);
}
