import { parentPort } from 'node:worker_threads';
import { sweepSize } from './sweep.js';

// Hundreds of millions of refusals are made here, and nobody reads where.
Error.stackTraceLimit = 0;

parentPort?.on('message', (size: number) => {
  void sweepSize(size).then((tally) => parentPort?.postMessage(tally));
});
