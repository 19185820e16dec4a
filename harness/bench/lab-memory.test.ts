import t from 'tap';
import { availableBytes } from './lab-memory.ts';

t.test('what is available is what the kernel says that could be had', async (t) => {
  t.equal(availableBytes('MemTotal:       100 kB\nMemFree:  1 kB\nMemAvailable:   24 kB\nBuffers: 3 kB\n'), 24 * 1024);
  t.ok(availableBytes() > 0);
});
