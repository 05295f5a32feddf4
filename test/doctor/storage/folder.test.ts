import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeFolderStorage } from '../../../src/storage/folder-storage.ts'
import { makeFolderInspector } from '../../../src/storage/settings/folder-inspector.ts'
import { BLOB, examine, fill } from './storage-bed.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-storage-doctor-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function put(key: string, bytes: Buffer) {
  await mkdir(dirname(join(folder, key)), { recursive: true })
  await writeFile(join(folder, key), bytes)
}
const examined = (path = folder, digest?: string) =>
  examine('folder', makeFolderStorage({ path }), makeFolderInspector({ path }), digest)
/** A disk that is nearly full is a true finding, and not one of this test. */
const short = async (path?: string, digest?: string) =>
  (await examined(path, digest)).short.filter((one) => !/nearly-full|snapshots/.test(one))

it('finds nothing in a healthy folder, and leaves it as it was', async () => {
  await fill(put)
  const before = await readdir(folder, { recursive: true })
  expect(await short()).toEqual([])
  expect(await readdir(folder, { recursive: true })).toEqual(before)
})

it('says where the registry is instead', async () => {
  await fill(put)
  await mkdir(join(folder, 'docker/empty'))
  const tooDeep = await examined(join(folder, 'docker/registry/v2'))
  expect(tooDeep.short[0]).toBe('error no-registry-here (certain)')
  expect(tooDeep.text).toContain(`path: ${folder}. There is one`)
  const above = await examined(dirname(folder))
  expect(above.short[0]).toBe('error no-registry-here (certain)')
})

it('knows a folder of another registry', async () => {
  await fill(put)
  expect(await short(folder, `sha256:${'cd'.repeat(32)}`)).toEqual(['error other-storage (likely)'])
})

it('sees files of the future, and an upload that began by another clock', async () => {
  await fill(put)
  const ahead = new Date(Date.now() + 3_600_000)
  await utimes(join(folder, BLOB), ahead, ahead)
  expect(await short()).toEqual(['error clocks (certain)'])
  await utimes(join(folder, BLOB), new Date(), new Date())
  await put(
    'docker/registry/v2/repositories/team/app/_uploads/u1/startedat',
    Buffer.from(new Date(Date.now() - 60_000).toISOString()),
  )
  const { text } = await examined()
  expect(text).toMatch(/the clock of the store is .+ ahead of that of the registry, by the beginning/)
})

it('a folder that is missing is an error', async () => {
  const { short, text } = await examined(join(folder, 'missing'))
  expect(short[0]).toMatch(/^error/)
  expect(text).toContain('missing')
})
