import { Injectable } from '@nestjs/common';
import { Metrics, Readiness } from '#libs/telemetry';

/** Shows the directory that an app knows: the gauge of its version and the readiness check `directory`. */
@Injectable()
export class DirectoryObservers {
  constructor(
    private readonly metrics: Metrics,
    private readonly readiness: Readiness,
  ) {}

  watch(version: () => number, check: () => void): void {
    const definition = { name: 'serai_directory_version', help: 'Version of the directory that this app knows.' };
    this.metrics.gauge(definition, (gauge) => gauge.set(version()));
    this.readiness.add({ name: 'directory', check });
  }
}
