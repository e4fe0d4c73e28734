import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createLineReader, mergeEnvoyLine } from './envoy-log.ts';

function merged(line: string): unknown {
  const lines: string[] = [];
  const log = pino({ level: 'trace', base: null, timestamp: false }, { write: (text: string) => lines.push(text) });
  mergeEnvoyLine(log, line);
  return JSON.parse(lines[0] ?? '{}');
}

describe('mergeEnvoyLine', () => {
  it('keeps levels and says which part of Envoy speaks', () => {
    expect(merged('{"level":"error","component":"config","message":"no"}')).toEqual({
      level: 50,
      envoy: 'config',
      msg: 'no',
    });
    expect(merged('{"level":"critical","component":"main","message":"no"}')).toMatchObject({ level: 60 });
    expect(merged('{"level":"warning","component":"main","message":"two\\nlines"}')).toMatchObject({
      level: 40,
      msg: 'two\nlines',
    });
    expect(merged('{"level":"info","component":"upstream","message":"cluster added"}')).toMatchObject({ level: 20 });
  });

  it('puts away what nobody can act on', () => {
    const message = "message 'x' is contained in proto file 'y' marked as work-in-progress. API features";
    expect(merged(JSON.stringify({ level: 'warning', component: 'misc', message }))).toMatchObject({ level: 20 });
  });

  it('shows what is not of its own log, such as a crash', () => {
    expect(merged('AddressSanitizer: heap-use-after-free')).toEqual({
      level: 40,
      msg: 'AddressSanitizer: heap-use-after-free',
    });
    for (const line of ['5', 'null', '"text"', '[]', '{}', '{"level":"constructor"}', '{"message":5}']) {
      expect(merged(line)).toEqual({ level: 40, msg: line });
    }
    const unknown = '{"level":"constructor","component":"main","message":"x"}';
    expect(merged(unknown)).toEqual({ level: 40, envoy: 'main', msg: 'x' });
  });
});

describe('createLineReader', () => {
  it('puts lines together over the borders of chunks', () => {
    const lines: string[] = [];
    const read = createLineReader((line) => lines.push(line));
    read(Buffer.from('on'));
    read(Buffer.from('e\ntwo\n\nthr'));
    read(Buffer.from('ee\n'));
    expect(lines).toEqual(['one', 'two', 'three']);
  });
});
