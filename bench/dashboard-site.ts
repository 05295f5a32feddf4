import pMap from 'p-map'
import { makeHistories } from '../src/history/histories.ts'
import { EMPTY, withSample } from '../src/history/history.ts'
import { DAY_MS, HOUR_MS, hourOf, type Sample } from '../src/history/sample.ts'
import type { Fact } from '../src/usage/fact.ts'
import { makeUsageIndex } from '../src/usage/usage-index.ts'
import { digestOfName } from './made-up-content.ts'

const TEAMS = ['shop', 'data', 'mobile', 'platform', 'search', 'billing', 'ml', 'web', 'infra', 'labs']
const APPS = ['api', 'web', 'worker', 'cache', 'jobs', 'train', 'ingest', 'edge', 'admin', 'models']
const PARALLEL = 8
/** Days of the histories that are made up. */
const DAYS = 60

/** The same for each run. From 0 to 1. */
const chance = (name: string): number => Number.parseInt(digestOfName(name).slice(7, 15), 16) / 2 ** 32

/** `shop/api-17`: few teams have many projects, as in real life. */
export function pathOf(n: number): string {
  const team = Math.floor(chance(`team ${n}`) ** 2 * TEAMS.length)
  const app = Math.floor(chance(`app ${n}`) * APPS.length)
  return `${TEAMS[team]}/${APPS[app]}-${n}`
}

/** Some projects are a thousand times as large as others. */
const bytesOf = (n: number): number => Math.round(2e8 * Math.exp(6.5 * chance(`size ${n}`) ** 4))

function factsOf(n: number, now: number): Fact[] {
  const path = pathOf(n)
  const repositories = 1 + Math.floor(chance(`repositories ${n}`) * 3)
  const images = 1 + Math.floor(chance(`images ${n}`) * 5)
  const idleMs = 200 * DAY_MS * chance(`idle ${n}`) ** 3
  return Array.from({ length: repositories * images }, (_, i): Fact => {
    const name = `${path}/${i}`
    const at = Math.round((now - idleMs - i * 3 * HOUR_MS) * 1000)
    return {
      ...{ kind: 'push', repository: `${path}/r${i % repositories}`, at, digest: digestOfName(name) },
      ...{ size: 2_400, mediaType: 'application/vnd.oci.image.manifest.v1+json', extent: 'all' },
      tag: chance(`pr ${name}`) < 0.4 ? `pr-${i}` : `v${i}`,
      references: [
        { kind: 'blob', digest: digestOfName(`base ${n % 12}`), size: 80_000_000 },
        { kind: 'blob', digest: digestOfName(`layer ${name}`), size: Math.round(bytesOf(n) / images) },
      ],
    }
  })
}

/** Writes that many projects of the registry `ci` into an index, with histories of 60 days. */
export async function writeSite(
  deps: { redis: Parameters<typeof makeUsageIndex>[0]['redis']; prefix: string },
  { projects, say }: { projects: number; say: (line: string) => void },
): Promise<void> {
  const index = makeUsageIndex(deps)
  const histories = makeHistories(deps)
  const now = Date.now()
  const hour = hourOf(now)
  const days = new Array<number>(DAYS + 1).fill(0)
  const writeHistory = async (id: string, sampleOn: (day: number) => Sample) => {
    let history = EMPTY
    for (let day = DAYS; day >= 0; day--) history = withSample(history, hour - day * 24, sampleOn(day))
    await histories.write(id, history)
  }
  let done = 0
  await pMap(
    Array.from({ length: projects }, (_, n) => n),
    async (n) => {
      const id = `ci/${pathOf(n)}`
      await index.apply(id, factsOf(n, now))
      const usage = await index.usage(id)
      const {
        uniqueBytes = 0,
        exclusiveBytes = 0,
        referencedBytes = 0,
        tags = 0,
        manifests = 0,
      } = usage ?? {}
      // Most rest, some grow, some were cleaned up.
      const pace = chance(`pace ${n}`)
      const perDay = pace < 0.5 ? 0 : pace < 0.93 ? 0.006 * (pace - 0.5) : -0.004
      await writeHistory(id, (day) => {
        const share = Math.max(0, 1 - day * perDay)
        days[day] = (days[day] ?? 0) + share * uniqueBytes
        return {
          ...{ uniqueBytes: Math.round(share * uniqueBytes), exclusiveBytes, tags, manifests },
          referencedBytes: Math.round(share * referencedBytes),
        }
      })
      done += 1
      if (done % 1_000 === 0) say(`${done} projects`)
    },
    { concurrency: PARALLEL },
  )
  const bytes = await index.registryBytes('ci')
  const whole = days[0] || 1
  await writeHistory('ci', (day) => {
    const uniqueBytes = Math.round((bytes * (days[day] ?? 0)) / whole)
    return {
      uniqueBytes,
      exclusiveBytes: uniqueBytes,
      referencedBytes: 3 * uniqueBytes,
      tags: 1,
      manifests: 1,
    }
  })
}
