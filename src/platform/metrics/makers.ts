import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** The HELP of a metric that is read from what all processes share ends with this. */
export const SHARED = 'Every process that has it tells the same: use max, not sum.'

/** Buckets in seconds: of writes to Redis, of work that takes seconds at most, and of jobs that may take minutes. */
export const BUCKETS = {
  write: [0.0005, 0.001, 0.005, 0.02, 0.1, 0.5, 2],
  quick: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10],
  long: [0.01, 0.1, 1, 10, 60, 300, 1_800, 7_200],
} as const

/**
 * Makes metrics of a registry of prom-client. Each gets the prefix `tallyman_`. A name ends in its unit, a base unit of
 * Prometheus: bytes, seconds, ratio; that of a counter ends in `_total`.
 */
export function makeMakers(registry: Registry) {
  const options = <L extends string>(name: string, labels: readonly L[], help: string) => ({
    ...{ registers: [registry], name: `tallyman_${name}`, labelNames: labels, help },
  })
  const gauge = <L extends string>(name: string, labels: readonly L[], help: string) => {
    const made = new Gauge(options(name, labels, help))
    // Until it is set, it is absent. prom-client gives it the value 0 if it has no labels.
    if (labels.length === 0) made.remove()
    return made
  }
  return {
    /** Counts what this process did: the sum over processes is the whole. */
    counter: <L extends string>(name: string, labels: readonly L[], help: string) =>
      new Counter(options(name, labels, help)),
    histogram: <L extends string>(
      name: string,
      labels: readonly L[],
      help: string,
      buckets: readonly number[],
    ) => new Histogram({ ...options(name, labels, help), buckets: [...buckets] }),
    /** Tells a state of this process alone. */
    gauge,
    /** Tells a state that all processes share. */
    shared: <L extends string>(name: string, labels: readonly L[], help: string) =>
      gauge(name, labels, `${help} ${SHARED}`),
    /** Counts what all processes did together. It is set to what they share. */
    sharedCounter: <L extends string>(name: string, labels: readonly L[], help: string) =>
      new Counter(options(name, labels, `${help} ${SHARED}`)),
  }
}
export type Makers = ReturnType<typeof makeMakers>
