/** The part of kafkajs' queue of requests that is mended here; the package has no types for its inside. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    constructor(options: {
      readonly maxInFlightRequests: number | null;
      readonly requestTimeout: number;
      readonly enforceRequestTimeout: boolean;
      readonly clientId: string;
      readonly broker: string;
      readonly logger: { debug(message: string, extra?: object): void; warn(message: string, extra?: object): void };
    });
    readonly pending: readonly unknown[];
    push(request: {
      readonly entry: { readonly correlationId: number; resolve(answer: unknown): void };
      readonly expectResponse: boolean;
      readonly sendRequest: () => void;
    }): void;
    fulfillRequest(response: { readonly correlationId: number; readonly payload: Buffer; readonly size: number }): void;
    maybeThrottle(ms: number): void;
    scheduleCheckPendingRequests(): void;
    destroy(): void;
  }
}
