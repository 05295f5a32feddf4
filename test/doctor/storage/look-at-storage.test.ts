import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { digestOf } from '../../../lab/image.ts'
import { type LookDeps, lookAtStorage } from '../../../src/doctor/storage/look-at-storage.ts'
import { storageFindings } from '../../../src/doctor/storage/storage-findings.ts'
import { makeFolderStorage } from '../../../src/storage/folder-storage.ts'
import { blobKey, layerLink } from '../../../src/storage/layout.ts'

const manifest = Buffer.from('{}')
const digest = digestOf(manifest)
let path: string
beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), 'tallyman-look-'))
  for (const key of [blobKey(digest), layerLink('team/app', digest)]) {
    await mkdir(dirname(join(path, key)), { recursive: true })
    await writeFile(join(path, key), manifest)
  }
})
afterAll(() => rm(path, { recursive: true, force: true }))

const noVersions = { value: 'off' } as const
const none = { value: [] }

/** A bucket that deletes what a registry has: whatever else cannot be found out, that must be said. */
function healthyBut(broken: (deps: LookDeps) => Partial<LookDeps>): Promise<string[]> {
  const deps: LookDeps = {
    ...{ registry: 'ci', type: 's3', storage: makeFolderStorage({ path }), now: Date.now },
    inspector: {
      root: '',
      settings: async () => ({
        lifecycle: { value: [{ name: 'r1', prefixes: [''], does: 'delete', days: 3 }] },
        ...{ versioning: noVersions, retention: none, replication: none },
        may: { list: { value: true }, write: { value: true }, delete: { value: true } },
      }),
      look: async (key) => ({ key, modifiedAt: new Date(0) }),
      elsewhere: async () => [],
    },
    served: async () => ({ repository: 'team/app', tag: 'v1', digest }),
    refusesDeletes: async () => true,
    cacheRequests: async () => ({ value: 7 }),
    lastSurvey: async () => undefined,
  }
  return lookAtStorage({ ...deps, ...broken(deps) }, 50).then((facts) =>
    storageFindings(facts).map(({ level, rule }) => `${level} ${rule}`),
  )
}

const ALL = [
  ...['error lifecycle-deletes', 'warning deletes-off', 'warning descriptor-cache'],
  ...['note multipart-uploads', 'note old-uploads'],
]
const without = (rule: string, ...more: string[]) =>
  [...ALL.filter((one) => !one.endsWith(rule)), ...more].toSorted()

it('finds all that there is', async () => {
  expect(await healthyBut(() => ({}))).toEqual(ALL)
})

const fails = async (): Promise<never> => {
  throw new Error('it broke')
}
const hangs = () => new Promise<never>(() => {})

it.each([
  ['fails', fails],
  ['hangs', hangs],
])('a question that %s hides no other', async (_, ask) => {
  const sorted = async (broken: Parameters<typeof healthyBut>[0]) => (await healthyBut(broken)).toSorted()
  expect(await sorted(() => ({ lastSurvey: ask }))).toEqual(ALL.toSorted())
  expect(await sorted(() => ({ cacheRequests: ask }))).toEqual(
    without('descriptor-cache', 'note descriptor-cache'),
  )
  expect(await sorted(() => ({ refusesDeletes: ask }))).toEqual(without('deletes-off', 'note deletes-off'))
  expect(await sorted(() => ({ served: ask }))).toEqual(
    without('deletes-off', 'note deletes-off', 'note not-compared'),
  )
  expect(await sorted(({ storage }) => ({ storage: { ...storage, head: ask } }))).toEqual(
    [...ALL, 'note not-compared'].toSorted(),
  )
  const list = async function* () {
    yield await ask()
  }
  expect(await sorted(({ storage }) => ({ storage: { ...storage, list } }))).toEqual(
    [...ALL, 'error permissions', 'note not-compared'].toSorted(),
  )
  expect(await sorted(({ inspector }) => ({ inspector: { ...inspector, look: ask } }))).toEqual(
    [...ALL, 'error permissions'].toSorted(),
  )
  const settings = await sorted(({ inspector }) => ({ inspector: { ...inspector, settings: ask } }))
  expect(settings).toContain('warning descriptor-cache')
  expect(settings.filter((one) => one === 'note not-told').length).toBeGreaterThanOrEqual(4)
  expect(await sorted(({ storage }) => ({ storage: { ...storage, folders: ask } }))).toContain(
    'error lifecycle-deletes',
  )
})
