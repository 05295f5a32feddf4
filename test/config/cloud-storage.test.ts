import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { startGcs } from '../../lab/gcs.ts'
import { storageReader } from '../../src/compose/registry-storage.ts'
import { loadYaml, minimal, problemsOf } from './write-config.ts'

const withStorage = (storage: string) => `${minimal}  c2: { url: "https://x", storage: ${storage} }\n`

test.each([
  [
    '{ type: azure, container: c, accountName: a }',
    'expected accountName with accountKey, or connectionString',
  ],
  ['{ type: azure, container: c }', 'expected accountName with accountKey, or connectionString'],
  [
    '{ type: azure, container: c, accountName: a, accountKey: k, connectionString: s }',
    'expected accountName with accountKey, or connectionString',
  ],
  ['{ type: azure, accountName: a, accountKey: k }', 'container'],
  ['{ type: gcs, bucket: b, credentials: "{}" }', "expected JSON of Google's, with the key type"],
  ['{ type: gcs, bucket: b, credentials: key.json }', "expected JSON of Google's, with the key type"],
  ['{ type: oss, bucket: b, region: r, accessKeyId: i }', 'accessKeySecret'],
  ['{ type: cos, bucket: b }', 'storage.type'],
])('%s is refused: %s', async (storage, problem) => {
  const problems = await problemsOf(withStorage(storage))
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(problem)
})

test('a registry in a bucket of Google Cloud Storage is read as it is configured', async () => {
  const gcs = await startGcs('images')
  try {
    const config = await loadYaml(
      withStorage(`{ type: gcs, bucket: images, rootDirectory: /all, endpoint: "${gcs.endpoint}" }`),
    )
    const { storage } = config.registries.c2 ?? {}
    if (storage === undefined) throw new Error('it has no storage')
    const reader = storageReader(storage, { name: 'c2', reach: {} })
    await expect(reader.check()).rejects.toThrow(
      'no docker/registry/v2/repositories below the bucket images//all',
    )
    gcs.put('all/docker/registry/v2/repositories/a/_layers/x', Buffer.from('x'))
    await reader.check()
  } finally {
    await gcs.close()
  }
})

test('credentials come from a file of several lines', async () => {
  const yaml = withStorage('{ type: gcs, bucket: b, credentialsFile: key.json }')
  const config = await loadYaml(yaml, {}, { 'key.json': '{\n  "type": "service_account"\n}\n' })
  expect(config.registries.c2?.storage).toMatchObject({
    credentials: '{\n  "type": "service_account"\n}',
  })
})

test('the SDKs of Azure and Google are not loaded until a storage needs them', () => {
  const script = `
    const { registerHooks } = await import('node:module')
    const loaded = new Set()
    registerHooks({ resolve(name, context, next) {
      const found = next(name, context)
      for (const sdk of ['@azure/', '@google-cloud/']) if (found.url.includes('node_modules/' + sdk)) loaded.add(sdk)
      return found
    } })
    const { registryStorage } = await import('./src/compose/registry-storage.ts')
    registryStorage({ type: 'azure', container: 'c', connectionString: '-', realm: '', rootDirectory: '', legacyRootPrefix: false }, { name: 'c', reach: {} })
    console.log(JSON.stringify([...loaded]))
    await import('./src/storage/azure-storage.ts')
    console.log(JSON.stringify([...loaded]))`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  expect(output.trim().split('\n')).toEqual(['[]', '["@azure/"]'])
})
