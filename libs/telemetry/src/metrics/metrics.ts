import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Name, help and labels of a metric. Labels take few values and never an id, a name or a participant. */
export interface MetricDefinition {
  /** `serai_<what>_<unit>`, counters end in `_total`. */
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
}

/** The Prometheus registry of one app. Asking for a metric a second time gives the same one. */
export class Metrics {
  readonly registry = new Registry();

  counter(definition: MetricDefinition): Counter {
    return this.existing(definition, Counter) ?? new Counter(this.configuration(definition));
  }

  /** @param read called at each scrape with the gauge, to set what it shows */
  gauge(definition: MetricDefinition, read?: (gauge: Gauge) => void | Promise<void>): Gauge {
    const collect = read && { collect: (): void | Promise<void> => read(gauge) };
    const gauge = this.existing(definition, Gauge) ?? new Gauge({ ...this.configuration(definition), ...collect });
    return gauge;
  }

  /** @param buckets upper bounds, in the unit that the name ends in */
  histogram(definition: MetricDefinition, buckets: readonly number[]): Histogram {
    const configuration = { ...this.configuration(definition), buckets: [...buckets] };
    return this.existing(definition, Histogram) ?? new Histogram(configuration);
  }

  /** Adds memory, CPU, event loop and garbage collection of this process. */
  collectProcessMetrics(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  private existing<Kind>(definition: MetricDefinition, kind: new (configuration: never) => Kind): Kind | undefined {
    const metric = this.registry.getSingleMetric(definition.name);
    if (metric === undefined || metric instanceof kind) return metric as Kind | undefined;
    throw new TypeError(`Metric ${definition.name} exists already with another kind.`);
  }

  private configuration(definition: MetricDefinition) {
    return {
      name: definition.name,
      help: definition.help,
      labelNames: [...(definition.labelNames ?? [])],
      registers: [this.registry],
    };
  }
}
