import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeImage } from '../../../lab/image.ts'
import { freePort } from '../../../lab/ports.ts'
import { pushImage } from '../../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../../lab/registry.ts'
import { ADMIN_TOKEN, READ_TOKEN, startTallyman } from '../../../lab/tallyman.ts'
import { makeRegistryClient } from '../../../src/registry/client.ts'
import { tallyman } from '../../cli/cli-bed.ts'
import { findingsOf } from '../doctor-bed.ts'

let ci: LabRegistry
let silent: LabRegistry
let service: Awaited<ReturnType<typeof startTallyman>>
let url: string

beforeAll(async () => {
  ;[ci, silent] = await Promise.all([startRegistry(), startRegistry({ deleteEnabled: false })])
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  service = await startTallyman({
    registries: {
      ci: { url: ci.url, storage: { type: 'folder', path: ci.storage } },
      // Its storage is that of another registry.
      mixed: { url: silent.url, storage: { type: 'folder', path: ci.storage } },
      deep: {
        url: silent.url.replace('127.0.0.1', 'localhost'),
        storage: { type: 'folder', path: join(ci.storage, 'docker') },
      },
      none: { url: `http://127.0.0.1:${port}/none` },
    },
  })
  await service.app.listen({ port })
  for (const [registry, seed] of [
    [ci, 'a'],
    [silent, 'b'],
  ] as const) {
    const client = makeRegistryClient({ name: 'lab', url: registry.url })
    await pushImage(client, 'team/app', 'v1', makeImage({ layers: [{ seed, bytes: 500 }] }))
    await client.close()
  }
})
afterAll(async () => {
  await service?.close()
  await ci?.close()
  await silent?.close()
})

async function doctor(registry: string, token = READ_TOKEN) {
  const { status, out, err } = await tallyman(
    ...([
      { TALLYMAN_TOKEN: token },
      'storage',
      'doctor',
      registry,
      '--url',
      url,
      '--output',
      'json',
    ] as const),
  )
  // The disk of whoever runs this may be nearly full.
  const found = out === '' ? [] : findingsOf(out).findings.filter(({ rule }) => rule !== 'nearly-full')
  return { status, err, found, short: found.map(({ level, rule, sure }) => `${level} ${rule} (${sure})`) }
}

test('of a healthy storage, it says what it does not know, with status 0', async () => {
  const before = await readdir(ci.storage, { recursive: true })
  const { status, short } = await doctor('ci')
  expect(short).toEqual(['note descriptor-cache (not known)', 'note old-uploads (not known)'])
  expect(status).toBe(0)
  expect(await readdir(ci.storage, { recursive: true })).toEqual(before)
})

test('the storage of another registry is an error, with status 1', async () => {
  const { status, short, found } = await doctor('mixed')
  expect(status).toBe(1)
  expect(short).toContain('error other-storage (likely)')
  expect(short).toContain('warning deletes-off (certain)')
  expect(found[0]?.what).toContain('team/app:v1')
})

test('a folder that is not the rootdirectory: it says which is', async () => {
  const { status, found } = await doctor('deep')
  expect(status).toBe(1)
  expect(found[0]).toMatchObject({ rule: 'no-registry-here', check: 'storage of deep' })
})

test('an upload that nobody purged, as of a survey', async () => {
  const path = join(ci.storage, 'docker/registry/v2/repositories/team/app/_uploads/old')
  await mkdir(path, { recursive: true })
  await writeFile(join(path, 'startedat'), '2026-01-01T00:00:00Z')
  await utimes(join(path, 'startedat'), new Date('2026-01-01'), new Date('2026-01-01'))
  try {
    const asked = await tallyman(
      ...([{ TALLYMAN_TOKEN: ADMIN_TOKEN }, 'storage', 'report', 'ci', '--survey', '--url', url] as const),
    )
    expect(asked.status).toBe(0)
    await expect
      .poll(async () => (await doctor('ci')).short, { timeout: 30_000, interval: 1_000 })
      .toContain('warning old-uploads (likely)')
  } finally {
    await rm(path, { recursive: true })
  }
})

test('the table has a line for each, and what to do; what is not there is said', async () => {
  const { status, out } = await tallyman(
    { TALLYMAN_TOKEN: READ_TOKEN },
    'storage',
    'doctor',
    'mixed',
    '--url',
    url,
  )
  expect(status).toBe(1)
  expect(out).toMatch(/^ERROR {4}storage of mixed: other-storage \(likely\): the registry serves/m)
  expect(out).toMatch(/^errors 1, warnings \d, notes \d, ok 0$/m)
  const none = await doctor('none')
  expect(none.err).toContain('registries.none.storage')
  expect((await doctor('nobody')).err).toContain('there is no registry "nobody"')
  expect((await doctor('ci', 'wrong-token-of-tests')).status).toBe(5)
})
