import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { makeS3Storage } from '../../../src/storage/s3-storage.ts'
import { makeS3Inspector } from '../../../src/storage/settings/s3-inspector.ts'
import { BLOB, examine, LINK } from './storage-bed.ts'

// Answers that Ceph does not give, as the API reference of Amazon S3 documents them.
const settings: Record<string, [status: number, xml: string]> = {}
let head: Record<string, string> = {}
let late: number
let takesAnything: boolean
const asked: string[] = []

const error = (status: number, code: string): [number, string] => [
  status,
  `<Error><Code>${code}</Code><Message>not this one</Message></Error>`,
]
const lifecycle = (rules: string): [number, string] => [
  200,
  `<LifecycleConfiguration>${rules}</LifecycleConfiguration>`,
]

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://s3')
  asked.push(`${request.method} ${pathname}`)
  request.resume()
  const date = new Date(Date.now() + late).toUTCString()
  const answer = ([status, xml]: [number, string], headers: Record<string, string> = {}) =>
    response
      .writeHead(status, { date, ...headers })
      .end(status === 204 ? undefined : `<?xml version="1.0"?>${xml}`)
  const [setting] = Object.keys(settings).filter((name) => searchParams.has(name))
  if (setting !== undefined) return answer(settings[setting] ?? [500, ''])
  if (request.method === 'PUT') return answer(takesAnything ? [200, ''] : error(400, 'BadDigest'))
  if (request.method === 'DELETE') return answer([204, ''])
  if (searchParams.get('list-type') === '2') {
    const prefix = searchParams.get('prefix') ?? ''
    const names = [BLOB, LINK].filter((name) => name.startsWith(prefix))
    const folders = searchParams.has('delimiter')
      ? [...new Set(names.map((name) => `${prefix}${name.slice(prefix.length).split('/')[0]}/`))]
      : []
    return answer([
      200,
      `<ListBucketResult><IsTruncated>false</IsTruncated>${folders.map((name) => `<CommonPrefixes><Prefix>${name}</Prefix></CommonPrefixes>`).join('')}${
        folders.length > 0
          ? ''
          : names
              .map(
                (name) =>
                  `<Contents><Key>${name}</Key><Size>1</Size><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>`,
              )
              .join('')
      }</ListBucketResult>`,
    ])
  }
  if (request.method === 'GET') return answer(error(403, 'InvalidObjectState'))
  return response.writeHead(200, { date, 'content-length': '1', ...head }).end()
})
beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'))
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  Object.assign(settings, {
    lifecycle: lifecycle(
      '<Rule><ID>abort</ID><Status>Enabled</Status><Filter/><AbortIncompleteMultipartUpload><DaysAfterInitiation>8</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>',
    ),
    versioning: [200, '<VersioningConfiguration/>'],
    'object-lock': error(404, 'ObjectLockConfigurationNotFoundError'),
    replication: error(404, 'ReplicationConfigurationNotFoundError'),
  })
  head = {}
  late = 0
  takesAnything = false
  asked.length = 0
})

function examined() {
  const { port } = server.address() as AddressInfo
  const options = {
    ...{ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', bucket: 'images', prefix: '' },
    ...{ forcePathStyle: true, credentials: { accessKeyId: 'id', secretAccessKey: 'secret' } },
  }
  return examine('s3', makeS3Storage(options), makeS3Inspector(options))
}
function set(name: string, answer: [number, string]) {
  settings[name] = answer
}

it('a healthy bucket of Amazon', async () => {
  const { short, facts } = await examined()
  expect(short).toEqual([])
  expect(facts.settings.may.write).toEqual({ value: true })
})

const rule = (more: string, filter = '<Filter/>') =>
  lifecycle(`<Rule><ID>r</ID><Status>Enabled</Status>${filter}${more}</Rule>`)
const NO_ABORT = 'note multipart-uploads (certain)'

it.each<[string, [number, string], string[], RegExp?]>([
  [
    'two conditions',
    rule(
      '<Expiration><Days>5</Days></Expiration>',
      '<Filter><And><Prefix>docker/</Prefix><Tag><Key>a</Key><Value>b</Value></Tag></And></Filter>',
    ),
    ['warning lifecycle-deletes (likely)', NO_ABORT],
    /begin with docker\/, only those with the tag a=b/,
  ],
  [
    'a size, which a registry has',
    rule(
      '<Expiration><Date>2027-01-01T00:00:00Z</Date></Expiration>',
      '<Filter><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan></Filter>',
    ),
    ['error lifecycle-deletes (certain)', NO_ABORT],
    /at a time of its own/,
  ],
  [
    'marks of deletes only',
    rule('<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>'),
    [NO_ABORT],
  ],
  [
    'the old form',
    rule('<Expiration><Days>5</Days></Expiration>', '<Prefix>docker/registry/v2/blobs/</Prefix>'),
    ['error lifecycle-deletes (certain)', NO_ABORT],
  ],
  [
    'an archive',
    rule('<Transition><Days>3</Days><StorageClass>DEEP_ARCHIVE</StorageClass></Transition>'),
    ['error lifecycle-archives (certain)', NO_ABORT],
  ],
])('lifecycle: %s', async (_, answer, expected, words = /^/) => {
  set('lifecycle', answer)
  const { short, text } = await examined()
  expect(short).toEqual(expected)
  expect(text).toMatch(words)
})

it('versions of which the newest stay', async () => {
  set('versioning', [200, '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'])
  set(
    'lifecycle',
    rule(
      '<NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays><NewerNoncurrentVersions>2</NewerNoncurrentVersions></NoncurrentVersionExpiration>',
    ),
  )
  const { short, text } = await examined()
  expect(short[0]).toBe('warning versioning (certain)')
  expect(text).toContain('leaves 2 of each')
  // It would leave a mark.
  expect(asked.filter((one) => one.startsWith('DELETE'))).toEqual([])
})

it('replication, with and without deletes', async () => {
  const replicated = (name: string, prefix: string, deletes: string) =>
    `<Rule><Status>Enabled</Status><Filter><Prefix>${prefix}</Prefix></Filter><DeleteMarkerReplication><Status>${deletes}</Status></DeleteMarkerReplication><Destination><Bucket>arn:aws:s3:::${name}</Bucket></Destination></Rule>`
  set('replication', [
    200,
    `<ReplicationConfiguration><Role>r</Role>${replicated('one', '', 'Enabled')}${replicated('two', 'docker/', 'Disabled')}${replicated('three', 'logs/', 'Enabled')}</ReplicationConfiguration>`,
  ])
  const { short, text } = await examined()
  expect(short).toEqual(['warning replication (certain)', 'note replication (certain)'])
  expect(text).toContain('arn:aws:s3:::one, with its deletes')
  expect(text).toContain('arn:aws:s3:::two, without its deletes')
})

it('objects in an archive, a lock of years, and a clock that is late', async () => {
  head = { 'x-amz-storage-class': 'GLACIER' }
  late = -60_000
  set('object-lock', [
    200,
    '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Years>1</Years></DefaultRetention></Rule></ObjectLockConfiguration>',
  ])
  const { short, text } = await examined()
  expect(short).toEqual([
    'error objects-archived (certain)',
    'warning object-lock (certain)',
    'warning clocks (certain)',
    'note permissions (not known)',
  ])
  expect(text).toContain('COMPLIANCE for 365 days')
  // A server that takes what it should refuse would keep it for a year.
  expect(asked.filter((one) => one.startsWith('PUT'))).toEqual([])
})

it('a server that has none of these settings, and stores what it should refuse: it is removed', async () => {
  for (const name of Object.keys(settings))
    if (name !== 'object-lock') set(name, error(501, 'NotImplemented'))
  takesAnything = true
  const { short, facts } = await examined()
  expect(short).toEqual([
    'note permissions (not known)',
    ...Array.from({ length: 3 }, () => 'note not-told (not known)'),
  ])
  expect(facts.settings.may.write).toEqual({ value: true })
  const changes = asked.filter((one) => /^(PUT|DELETE) /.test(one))
  expect(changes.map((one) => one.replace(/[\w-]{36}$/, 'ID'))).toEqual([
    'PUT /images/tallyman-doctor/ID',
    'DELETE /images/tallyman-doctor/ID',
  ])
  expect(new Set(changes.map((one) => one.split('/').at(-1))).size).toBe(1)
})
