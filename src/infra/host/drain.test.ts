import { expect, test } from 'vitest';
import { countActive } from './drain.ts';

const stats = (...lines: readonly string[]) => `${lines.join('\n')}\n`;

test('the admin interface, whose answer this is, is no work', () => {
  const body = stats(
    'http.admin.downstream_cx_active: 1',
    'http.admin.downstream_rq_active: 1',
    'listener.admin.downstream_cx_active: 1',
    'listener.admin.main_thread.downstream_cx_active: 1',
  );
  expect(countActive(body)).toBe(0);
});

test('requests are work, idle connections are not', () => {
  const idle = ['http.edge.downstream_cx_active: 3', 'listener.127.0.0.1_8080.downstream_cx_active: 3'];
  expect(countActive(stats(...idle, 'http.edge.downstream_rq_active: 0'))).toBe(0);
  expect(countActive(stats(...idle, 'http.edge.downstream_rq_active: 2'))).toBe(2);
});

test('connections that carry no HTTP are work, each counted once', () => {
  const body = stats(
    'http.edge.downstream_cx_active: 1',
    'http.edge.downstream_rq_active: 0',
    'listener.127.0.0.1_8443.downstream_cx_active: 3',
    'listener.127.0.0.1_8443.worker_0.downstream_cx_active: 3',
  );
  expect(countActive(body)).toBe(2);
});
