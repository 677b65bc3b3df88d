import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

// kafkajs 2.2.4 looks after each answer whether a request waits, and again after that look, at a time that has long passed when nothing is throttled:
// a thousand times a second at each connection, for ever (https://github.com/tulios/kafkajs/issues/1704). Whatever waits arranges its own look.
const schedule = RequestQueue.prototype.scheduleCheckPendingRequests;

RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleWhereOneWaits(this: RequestQueue): void {
  if (this.pending.length > 0) schedule.call(this);
};
