import { setTimeout as sleep } from 'node:timers/promises'
import { makeLeases } from '../collection/leases.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Makes the leases of registries: one collection has a registry at a time. */
export const leasesOf = ({ redis, prefix }: Pick<WorkerParts, 'redis' | 'prefix'>) =>
  makeLeases({ ...{ redis, prefix }, clock: () => performance.now(), sleep: (ms) => sleep(ms) })
