import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { warnOfExposedSecrets } from '../../src/config/exposed-secrets.ts'
import { minimal } from './write-config.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-exposed-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function warningOf(yaml: string, mode: number): Promise<string | undefined> {
  const file = join(folder, 'tallyman.yaml')
  await writeFile(file, yaml)
  await chmod(file, mode)
  return (await warnOfExposedSecrets(file))?.replaceAll(`${folder}/`, '')
}

test.each([0o644, 0o640, 0o604])(
  'secrets in a file of mode %o are a warning, which does not show them',
  async (mode) => {
    expect(await warningOf(minimal, mode)).toBe(
      'other users can read the secrets in tallyman.yaml (server.readToken and 1 more): run chmod 600 tallyman.yaml, or put secrets into files of their own (server.readTokenFile)',
    )
  },
)

test('a secret of a registry is one, too', async () => {
  const yaml = minimal
    .replaceAll('Token: ', 'TokenFile: ')
    .replace('.com }', '.com, token: hunter2-hunter2-hunter2 }')
  expect(await warningOf(yaml, 0o644)).toContain('(registries.ci.token)')
})

test('a file that only its owner reads, and one that only names files, are fine', async () => {
  expect(await warningOf(minimal, 0o600)).toBeUndefined()
  expect(await warningOf(minimal.replaceAll('Token: ', 'TokenFile: '), 0o644)).toBeUndefined()
})
