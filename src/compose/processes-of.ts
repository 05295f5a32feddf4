import { lookup } from 'node:dns/promises'
import { makeReadProcesses } from '../delivery-audit/read-processes.ts'
import type { ReachedRegistry } from './registry-client.ts'

/** Makes what reads the metrics of a registry; `undefined` if the configuration names none. The caller closes it. */
export const processesOf = ({ name, metrics, reach }: ReachedRegistry) =>
  metrics &&
  makeReadProcesses({
    ...{ registry: name, source: metrics, reach, now: () => Date.now() * 1_000 },
    lookup: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  })
