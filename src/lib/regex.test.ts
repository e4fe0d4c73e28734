import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { everyTextBut, quoteRegex } from './regex.ts';

describe('quoteRegex', () => {
  it.each(['a.b', '(x|y)*', '^$', '[a-z]{2}', 'a\\d+?'])('meets %s alone', (text) => {
    const regex = RE2JS.compile(quoteRegex(text));
    expect(regex.matches(text)).toBe(true);
    expect(regex.matches(`${text}x`)).toBe(false);
  });
});

describe('everyTextBut', () => {
  const texts = ['host', 'te', 'trailer', 'transfer-encoding', 'keep-alive', ''];
  const regex = RE2JS.compile(everyTextBut(texts, [':', 'content-']));

  it.each([...texts, ':', ':status', 'content-', 'content-type'])('does not meet "%s"', (text) =>
    expect(regex.matches(text)).toBe(false),
  );

  it.each([
    'h',
    'hos',
    'hosts',
    't',
    'tee',
    'tr',
    'trailers',
    'transfer',
    'x-user',
    'ahost',
    '-',
    'content',
    'contents',
    'conten-',
  ])('meets "%s"', (text) => expect(regex.matches(text)).toBe(true));
});
