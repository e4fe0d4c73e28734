import { describe, expect, it } from 'vitest';
import { isLocalAddress } from './address.ts';

describe('isLocalAddress', () => {
  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '0.0.0.0',
    '169.254.169.254',
    '224.0.0.1',
    '255.255.255.255',
    '100.100.100.200',
    '::1',
    '::',
    'fe80::1',
    'ff02::1',
    'fd00:ec2::254',
    '::ffff:127.0.0.1',
    '::ffff:169.254.169.254',
  ])('finds %s', (address) => expect(isLocalAddress(address)).toBe(true));

  it.each(['10.0.0.1', '192.168.1.1', '8.8.8.8', 'fd00::1', '2001:db8::1', '::ffff:10.0.0.1', 'example.com'])(
    'lets %s pass',
    (address) => expect(isLocalAddress(address)).toBe(false),
  );
});
