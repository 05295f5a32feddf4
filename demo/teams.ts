import { makeImage } from '../lab/image.ts'
import { pushImage } from '../lab/push-image.ts'
import { DAY_MS } from '../src/history/sample.ts'
import type { RegistryClient } from '../src/registry/client.ts'
import type { Line } from './past.ts'

const KiB = 1024
/** Layers that several teams have: each is stored once. */
export const LAYERS = {
  debian: { seed: 'debian', bytes: 900 * KiB },
  node: { seed: 'node', bytes: 600 * KiB },
  python: { seed: 'python', bytes: 450 * KiB },
  jvm: { seed: 'jvm', bytes: 750 * KiB },
}

/** A project that the registry holds before Tallyman comes. */
export interface Team {
  project: string
  on: (keyof typeof LAYERS)[]
  /** By repository and tag below the project: KiB of their own, and how many days ago they were built. */
  images: Record<string, [kib: number, days: number]>
  /** The made-up line to what it uses now. */
  line: Line
  /** The made-up last pull. */
  pulledDaysAgo: number
}

/** The other teams. Sizes are small, so that the demo starts quickly; they differ as those of real teams do. */
export const TEAMS: readonly Team[] = [
  {
    ...{ project: 'ml/models', on: ['debian', 'python'], pulledDaysAgo: 0.3 },
    images: { '/ranker:2026.1': [1900, 60], '/ranker:2026.2': [2600, 21], '/speech:large': [3300, 9] },
    line: { shape: 'late', from: 0.3, days: 90 },
  },
  {
    ...{ project: 'ml/notebooks', on: ['debian', 'python'], pulledDaysAgo: 2 },
    images: { '/gpu:latest': [1500, 30], '/cpu:latest': [420, 30] },
    line: { shape: 'sawtooth', from: 0.6, days: 120 },
  },
  {
    ...{ project: 'mobile/app', on: ['debian', 'jvm'], pulledDaysAgo: 1 },
    images: { '/android:7.4': [1300, 40], '/android:7.5': [1350, 12], '/e2e:latest': [180, 12] },
    line: { shape: 'steady', from: 0.6, days: 100 },
  },
  {
    ...{ project: 'platform/base', on: ['debian', 'node', 'python', 'jvm'], pulledDaysAgo: 0.1 },
    images: { '/toolchain:2026-09': [40, 62], '/toolchain:2026-11': [60, 9] },
    line: { shape: 'steady', from: 0.85, days: 150 },
  },
  {
    ...{ project: 'platform/runner', on: ['debian', 'node'], pulledDaysAgo: 0.1 },
    images: { ':stable': [800, 25], ':edge': [850, 3] },
    line: { shape: 'sawtooth', from: 0.5, days: 120 },
  },
  {
    ...{ project: 'payments/gateway', on: ['debian', 'jvm'], pulledDaysAgo: 0.5 },
    images: { ':v2.3.0': [380, 33], ':main': [390, 2] },
    line: { shape: 'steady', from: 0.7, days: 90 },
  },
  {
    ...{ project: 'payments/ledger', on: ['debian', 'jvm'], pulledDaysAgo: 4 },
    images: { ':v1.9.2': [160, 70] },
    line: { shape: 'flat', from: 0.9, days: 90 },
  },
  {
    ...{ project: 'search/indexer', on: ['debian', 'jvm'], pulledDaysAgo: 3 },
    images: { ':main': [520, 8] },
    line: { shape: 'sawtooth', from: 0.7, days: 90 },
  },
  {
    ...{ project: 'legacy/intranet', on: ['debian'], pulledDaysAgo: 240 },
    images: { '/portal:2019': [1250, 410], '/wiki:old': [480, 520] },
    line: { shape: 'flat', from: 1, days: 400 },
  },
  {
    ...{ project: 'docs/site', on: [], pulledDaysAgo: 6 },
    images: { ':latest': [140, 6] },
    line: { shape: 'flat', from: 0.8, days: 60 },
  },
]

/** Pushes what the teams have. Each image says when it was built, which is all that a registry tells of its age. */
export async function pushTeams(client: RegistryClient): Promise<void> {
  await Promise.all(
    TEAMS.map(async ({ project, on, images }) => {
      for (const [name, [kib, days]] of Object.entries(images)) {
        const [repository = '', tag = ''] = `${project}${name}`.split(':')
        const image = makeImage({
          layers: [...on.map((layer) => LAYERS[layer]), { seed: `${project}${name}`, bytes: kib * KiB }],
          ...{ label: name, created: new Date(Date.now() - days * DAY_MS) },
        })
        await pushImage(client, repository, tag, image)
      }
    }),
  )
}
