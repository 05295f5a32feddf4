import { connect } from 'node:net'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sampleReceipt } from '../../lab/receipt.ts'
import { eventually, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'
import { makeExpiryRuns } from '../../src/expiry/runs.ts'
import { PromotionReceipt } from '../../src/promotion/receipt.ts'
import { AlertRecord, type Flag } from '../../src/queue/alert.ts'
import { projectSubject } from '../../src/queue/quota-subject.ts'
import { type FlagState, NEVER } from '../../src/quota/evaluate.ts'
import { makeFlags } from '../../src/quota/flags.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'
import { makeJournal } from '../../src/store/journal.ts'
import { projectKeys, registryKeys } from '../../src/usage/keys.ts'
import { sampleRun } from '../expiry/sample-run.ts'

/** The API without workers, over an index and records that the tests make. */
let tallyman: LabTallyman
let redis: Redis
beforeAll(async () => {
  const registries = Object.fromEntries(
    ['ci', 'hub'].map((name) => [name, { url: `http://${name}.invalid` }]),
  )
  tallyman = await startTallyman({ registries }, { queues: [] })
  redis = new Redis(tallyman.redis.port)
})
afterAll(async () => {
  redis.disconnect()
  await tallyman.close()
})

const COUNT = 1_500
const idOf = (n: number) => `${n % 3 === 0 ? 'hub' : 'ci'}/team-${n % 10}/app-${n}`
const sizeOf = (n: number) => ((n * 7_919) % 500) * 1_000
const flagOf = (n: number): Flag => (n % 50 === 0 ? 'over' : n % 20 === 0 ? 'warning' : 'ok')
const stateOf = (n: number): FlagState => ({
  ...NEVER,
  ...{ flag: flagOf(n), since: '2026-11-23T10:00:00.000Z', change: 1 },
})
const numbers = Array.from({ length: COUNT }, (_, n) => n)

/** Writes what lists read of a project, as the scripts of the index do. */
async function addProjects(): Promise<void> {
  const flags = makeFlags({ redis, prefix: 'tallyman' })
  for (const n of numbers) {
    const [registry = '', ...segments] = idOf(n).split('/')
    const keys = registryKeys('tallyman', registry)
    const path = segments.join('/')
    await Promise.all([
      redis.sadd(keys.paths, path),
      redis.hset(keys.projects, path, n + 1),
      redis.hset(keys.exclusive, n + 1, sizeOf(n) / 2),
      redis.hset(projectKeys('tallyman', idOf(n)).meta, { createdAt: 1, layout: 2, unique: sizeOf(n) }),
      flags.replace(projectSubject(idOf(n)), { text: '' }, { state: stateOf(n) }),
    ])
  }
}

interface Listed {
  next: string | null
  [items: string]: unknown
}

/** All pages of a list, one after the other. */
async function pagesOf<T>(path: string, items: string): Promise<T[][]> {
  const pages: T[][] = []
  let cursor: string | null = ''
  do {
    const page: Listed = await tallyman.get(cursor === '' ? path : `${path}&cursor=${cursor}`)
    pages.push(page[items] as T[])
    cursor = page.next
  } while (cursor !== null)
  return pages
}

describe('projects', () => {
  beforeAll(addProjects)
  interface Project {
    id: string
    uniqueBytes: number
    exclusiveBytes: number
    flag: Flag
    flagSince: string
  }
  const projects = (query: string) => pagesOf<Project>(`/v1/projects?${query}`, 'projects')

  test('come in pages of 100, the largest first', async () => {
    const pages = await projects('')
    expect(pages.map(({ length }) => length)).toEqual(Array(15).fill(100))
    const all = pages.flat()
    expect(new Set(all.map(({ id }) => id))).toEqual(new Set(numbers.map(idOf)))
    const sizes = all.map(({ uniqueBytes }) => uniqueBytes)
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a))
    expect(all.find(({ id }) => id === idOf(20))).toMatchObject({
      ...{ uniqueBytes: sizeOf(20), exclusiveBytes: sizeOf(20) / 2 },
      ...{ flag: 'warning', flagSince: '2026-11-23T10:00:00.000Z' },
    })
  })

  test('are sorted and filtered by the server', async () => {
    const byName = (await projects('sort=name&limit=1000&registry=hub')).flat().map(({ id }) => id)
    expect(byName).toEqual(
      numbers
        .map(idOf)
        .filter((id) => id.startsWith('hub/'))
        .sort(),
    )
    const flagged = (await projects('sort=flag&limit=70')).flat().map(({ flag }) => flag)
    const rank = { over: 0, warning: 1, ok: 2 }
    expect(flagged).toEqual(flagged.toSorted((a, b) => rank[a] - rank[b]))
    const found = (await projects('sort=exclusive&search=TEAM-5/&flag=ok&limit=9')).flat()
    const expected = numbers.filter((n) => n % 10 === 5 && flagOf(n) === 'ok')
    expect(new Set(found.map(({ id }) => id))).toEqual(new Set(expected.map(idOf)))
    expect(await projects('registry=other')).toEqual([[]])
  })

  test('a cursor is refused with another order', async () => {
    const { next } = await tallyman.get<Listed>('/v1/projects?sort=name')
    await expect(tallyman.get(`/v1/projects?sort=unique&cursor=${next}`)).rejects.toThrow('400')
  })

  test('with a flag that is not ok are listed by id', async () => {
    interface Raised {
      id: string
      flag: Flag
    }
    const raised = (await pagesOf<Raised>('/v1/flags?limit=25', 'flags')).flat()
    const expected = numbers.filter((n) => flagOf(n) !== 'ok').map(idOf)
    expect(raised.map(({ id }) => id)).toEqual(expected.sort())
    const over = (await pagesOf<Raised>('/v1/flags?flag=over&registry=hub', 'flags')).flat()
    expect(over.map(({ id }) => id)).toEqual(
      numbers
        .filter((n) => flagOf(n) === 'over')
        .map(idOf)
        .filter((id) => id.startsWith('hub/'))
        .sort(),
    )
  })

  test('can be read by many at once, who share the reading', async () => {
    const meta = projectKeys('tallyman', idOf(1)).meta
    // Not ioredis' own monitor: it throws if Redis still says something while it disconnects.
    const monitor = connect(tallyman.redis.port, '127.0.0.1')
    let said = ''
    monitor.setEncoding('utf8').on('data', (text) => {
      said += text
    })
    monitor.write('MONITOR\r\n')
    const hasSaid = (text: string) =>
      eventually(
        async () => said,
        (all) => all.includes(text),
      )
    await hasSaid('+OK')
    const url = '/v1/projects?limit=1'
    const headers = { authorization: `Bearer ${READ_TOKEN}` }
    const answers = await Promise.all(Array.from({ length: 20 }, () => tallyman.app.inject({ url, headers })))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(20).fill(200))
    await redis.echo('the end')
    await hasSaid('"the end"')
    monitor.destroy()
    expect(said.split(`"hmget" "${meta}"`).length - 1).toBeLessThanOrEqual(1)
  })
})

describe('records come in pages, newest first', () => {
  const at = (n: number) => new Date(Date.UTC(2026, 10, 20) + n * 7_200_000).toISOString()
  const records = Array.from({ length: 25 }, (_, n) => n)
  const newestFirst = records.toReversed().map((n) => `r${n}`)
  const store = () => makeFolderStore({ path: `${tallyman.folder}/store` })
  const onUnreadable = (_: string, error: Error) => {
    throw error
  }
  const idsIn = async (list: string, items: string) => {
    const pages = await pagesOf<{ id: string }>(`/v1/${list}?limit=10`, items)
    return pages.map((page) => page.map(({ id }) => id))
  }
  const TENS = [newestFirst.slice(0, 10), newestFirst.slice(10, 20), newestFirst.slice(20)]

  test('alerts', async () => {
    const journal = makeJournal({ store: store(), kind: 'alerts', schema: AlertRecord, onUnreadable })
    for (const n of records)
      await journal.append({
        ...{ id: `r${n}`, at: at(n), project: 'team/app', registry: 'ci', from: 'ok', to: 'over' },
        ...{ measure: 'unique', used: n, limit: 1, mark: 0.8, text: 'over' },
      })
    expect(await idsIn('alerts', 'alerts')).toEqual(TENS)
  })

  test('promotions', async () => {
    const journal = makeJournal({
      store: store(),
      kind: 'promotions',
      schema: PromotionReceipt,
      onUnreadable,
    })
    for (const n of records) await journal.append(sampleReceipt({ id: `r${n}`, at: at(n) }))
    expect(await idsIn('promotions', 'promotions')).toEqual(TENS)
  })

  test('expiry runs, and the deletes of one', async () => {
    const runs = makeExpiryRuns({
      ...{ store: store(), keepMs: Number.POSITIVE_INFINITY, now: () => 0 },
      ...{ onUnreadable, onError: (error) => onUnreadable('', error) },
    })
    const deleteNumber = (n: number) => ({
      ...{ project: 'ci/app', repository: 'app', digest: `sha256:${n}`, tags: [], rule: null, reason: 'old' },
      ...{ verdict: 'delete' as const, outcome: 'deleted' as const },
    })
    for (const n of records)
      await runs.append(
        sampleRun({ id: `r${n}`, at: at(n), deletes: n === 7 ? records.map(deleteNumber) : [] }),
      )
    expect(await idsIn('expiry/runs', 'runs')).toEqual(TENS)
    const deletes = await pagesOf<{ digest: string }>('/v1/expiry/runs/r7/deletes?limit=12', 'deletes')
    expect(deletes.map(({ length }) => length)).toEqual([12, 12, 1])
    expect(deletes.flat()).toEqual(records.map(deleteNumber))
    expect(await pagesOf('/v1/expiry/runs/r8/deletes?limit=12', 'deletes')).toEqual([[]])
  })
})

test('OpenAPI describes every list with limit and cursor', async () => {
  interface Described {
    paths: Record<string, { get?: { parameters?: { name: string }[] } }>
  }
  const { paths } = (await tallyman.app.inject('/openapi.json')).json<Described>()
  for (const list of [
    ...['/v1/projects', '/v1/flags', '/v1/alerts', '/v1/promotions', '/v1/quarantine', '/v1/expiry/runs'],
    ...['/v1/expiry/runs/{id}/deletes', '/v1/jobs/{queue}/failed', '/v1/jobs/{queue}/delayed'],
  ])
    expect(paths[list]?.get?.parameters?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['limit', 'cursor']),
    )
})
