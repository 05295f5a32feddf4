import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTallyman } from '../../lab/tallyman.ts'
import type { Finding } from '../../src/doctor/finding.ts'

let store: string
beforeEach(async () => {
  store = await mkdtemp(join(tmpdir(), 'tallyman-lost-'))
})
afterEach(() => rm(store, { recursive: true }))

/** Starts with a new Redis on the store, and gives what it says of its data. */
async function startOn(store: string) {
  const lines: { level: number; msg: string }[] = []
  const sink = new Writable({
    write(chunk, _, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  const service = await startTallyman({ store: { type: 'folder', path: store } }, { log: pino({}, sink) })
  try {
    const { findings } = await service.get<{ findings: Finding[] }>('/v1/doctor')
    return {
      log: lines.filter(({ msg }) => /^Redis has nothing from before/.test(msg)).map(({ level }) => level),
      ready: (await service.get<{ warnings?: string[] }>('/readyz')).warnings ?? [],
      doctor: findings.filter(({ check }) => check === 'data'),
    }
  } finally {
    await service.close()
  }
}

const makeStore = (since: string) =>
  writeFile(
    join(store, 'identity.json'),
    JSON.stringify({ id: '00000000-0000-4000-8000-000000000000', since }),
  )

test('a Redis that was lost before the first snapshot is told by the log, /readyz and the doctor', async () => {
  await makeStore('2026-01-02T03:04:05Z')
  const told = await startOn(store)
  expect(told.log).toEqual([40])
  expect(told.ready).toContainEqual(
    expect.stringMatching(/no snapshot to restore\. Lost are quota overrides/),
  )
  expect(told.doctor).toMatchObject([
    { level: 'warning', what: expect.stringMatching(/^Redis has nothing/), fix: expect.any(String) },
  ])
})

test('a first start is none, nor is one with a snapshot from before', async () => {
  const nothing = { log: [], doctor: [] }
  expect(await startOn(store)).toMatchObject(nothing)
  await makeStore('2026-01-02T03:04:05Z')
  await mkdir(join(store, 'snapshots'))
  await writeFile(join(store, 'snapshots/2026-01-03T10-00-00.000Z-1a2b3c4d.ndjson.zst'), '')
  expect(await startOn(store)).toMatchObject(nothing)
})
