import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { findCredential } from '../../src/registry/credential.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-docker-'))
  vi.stubEnv('DOCKER_CONFIG', folder)
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

const login = (config: object): Promise<void> =>
  writeFile(join(folder, 'config.json'), JSON.stringify(config))
const auth = Buffer.from('alice:p:w').toString('base64')
const alice = { kind: 'password', username: 'alice', password: 'p:w' }

async function installHelper(name: string, script: string): Promise<void> {
  const file = join(folder, `docker-credential-${name}`)
  await writeFile(file, `#!/bin/sh\nread -r address\n${script}\n`)
  await chmod(file, 0o755)
}

it('finds nothing before a login', async () => {
  expect(await findCredential('registry.test')).toBeUndefined()
  await login({})
  expect(await findCredential('registry.test')).toBeUndefined()
})

it('reads auths for each way of writing the host', async () => {
  for (const key of ['registry.test:5000', 'https://registry.test:5000', 'https://registry.test:5000/v2/']) {
    await login({ auths: { 'other.test': { auth: 'x' }, [key]: { auth } } })
    expect(await findCredential('registry.test:5000'), key).toEqual(alice)
    expect(await findCredential('registry.test'), key).toBeUndefined()
  }
  await login({ auths: { 'https://index.docker.io/v1/': { auth } } })
  expect(await findCredential('registry-1.docker.io')).toEqual(alice)
  await login({ auths: { 'registry.test': { auth, identitytoken: 'abc' } } })
  expect(await findCredential('registry.test')).toEqual({ kind: 'identity', token: 'abc' })
})

it('asks the helper of the host, then the common helper, then reads auths', async () => {
  await installHelper('own', `echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"for $address\\"}"`)
  await installHelper('empty', 'echo credentials not found in native keychain; exit 1')
  const auths = { 'registry.test': {}, 'old.test': { auth } }
  await login({ auths, credHelpers: { 'registry.test': 'own' }, credsStore: 'empty' })
  expect(await findCredential('registry.test')).toEqual({ kind: 'identity', token: 'for registry.test' })
  expect(await findCredential('old.test')).toEqual(alice)
  expect(await findCredential('new.test')).toBeUndefined()
})

it('names what is broken and quotes no secret', async () => {
  await writeFile(join(folder, 'config.json'), '{"auths": s3cret')
  await expect(findCredential('registry.test')).rejects.toThrow(/config\.json is not a JSON object$/)
  await installHelper('broken', 'echo s3cret; exit 3')
  await login({ credsStore: 'broken' })
  await expect(findCredential('registry.test')).rejects.toThrow('docker-credential-broken get failed (3)')
  await login({ credsStore: 'absent' })
  await expect(findCredential('registry.test')).rejects.toThrow(
    'docker-credential-absent get failed (ENOENT)',
  )
})
