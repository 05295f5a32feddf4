import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allImages } from '../../lab/all-images.ts'
import {
  digestOf,
  type LabImage,
  makeBuildKitCache,
  makeImage,
  makeIndex,
  OCI_MANIFEST,
} from '../../lab/image.ts'
import { freePort } from '../../lab/ports.ts'
import { pushImage, upload } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { eventually, type LabTallyman, startTallyman, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { makeResolveReferences } from '../../src/events/resolve-references.ts'
import { connectPatiently } from '../../src/platform/redis.ts'
import type { ReferencesJob } from '../../src/queue/jobs.ts'
import { type FetchedManifest, makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { RegistryError } from '../../src/registry/registry-error.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

describe('one manifest', () => {
  const image = makeImage({ layers: [{ seed: 'one', bytes: 100 }] })
  const bytes = image.manifests.get(image.root.digest)?.bytes ?? Buffer.alloc(0)
  const job: ReferencesJob = {
    ...{ kind: 'references', registry: 'ci', repository: 'team/app/x', digest: image.root.digest },
    ...{ at: 50, via: 'push' },
  }
  const fetched = (bytes: Buffer, mediaType = OCI_MANIFEST): FetchedManifest => ({
    descriptor: { mediaType, digest: image.root.digest, size: bytes.length },
    bytes,
  })

  async function resolve(
    answer: FetchedManifest | Error | undefined,
    renames = [{ from: 'a', to: 'b', at: 60 }],
  ) {
    const [asked, applied, rechecked]: [string[], [string, Fact][], string[]] = [[], [], []]
    const followed: string[] = []
    const run = makeResolveReferences({
      index: {
        async apply(project, facts) {
          for (const fact of facts) applied.push([project, fact])
          return { changedBytes: 0, unresolved: [] }
        },
      },
      renames: { of: async () => renames },
      clientOf: (name) => ({
        async getManifest(repository, reference) {
          asked.push(`${name}: ${repository}@${reference}`)
          if (answer instanceof Error) throw answer
          return answer
        },
        headBlob: async () => undefined,
      }),
      projectOf: (_, repository) => repository.split('/').slice(0, 2).join('/'),
      recheckQuotas: async (projects) => void rechecked.push(...projects),
      askFollow: async ({ registry, repository }, subject) =>
        void followed.push(`${registry}/${repository}@${subject}`),
      log: pino({ level: 'silent' }),
    })
    const outcome = await run(job).catch((error: Error) => error)
    return { outcome, asked, applied, rechecked, followed }
  }

  test('is present as of its event, with all of its references', async () => {
    const { outcome, asked, applied, rechecked } = await resolve(fetched(bytes))
    expect(outcome).toBe('resolved')
    expect(asked).toEqual([`ci: team/app/x@${image.root.digest}`])
    const references = [...image.blobs].map(([digest, blob]) => ({ kind: 'blob', digest, size: blob.length }))
    expect(applied).toEqual([
      [
        'ci/team/app',
        {
          ...{ kind: 'present', via: 'push', repository: 'team/app/x', at: 50, digest: image.root.digest },
          ...{
            size: bytes.length,
            mediaType: OCI_MANIFEST,
            extent: 'read',
            age: { at: 50, source: 'event' },
          },
          references: expect.toSatisfy(
            (given) => given.length === 2 && references.every((one) => contains(given, one)),
          ),
        },
      ],
    ])
    expect(rechecked).toEqual(['ci/team/app'])
  })

  test('that refers to another one follows it', async () => {
    const subject = { mediaType: OCI_MANIFEST, digest: `sha256:${'5'.repeat(64)}`, size: 2 }
    const signature = Buffer.from(JSON.stringify({ ...JSON.parse(bytes.toString()), subject }))
    expect((await resolve(fetched(signature))).followed).toEqual([`ci/team/app/x@${subject.digest}`])
    expect((await resolve(fetched(bytes))).followed).toEqual([])
  })

  test('is looked up under its new name after a rename', async () => {
    const { asked, applied, rechecked } = await resolve(fetched(bytes), [
      { from: 'team', to: 'crew', at: 60 },
    ])
    expect(asked).toEqual([`ci: crew/app/x@${image.root.digest}`])
    expect(applied).toMatchObject([['ci/crew/app', { kind: 'present', repository: 'crew/app/x', at: 50 }]])
    expect(rechecked).toEqual(['ci/crew/app'])
  })

  test.each([
    ['that is gone', undefined, 'absent'],
    ['that is no JSON', fetched(Buffer.from('hello')), 'invalid'],
    ['of a type that is not known', fetched(Buffer.from('{}'), 'application/x'), 'invalid'],
  ])('%s changes nothing', async (_, answer, outcome) => {
    expect(await resolve(answer)).toMatchObject({ outcome, applied: [], rechecked: [] })
  })

  test('fails for a retry if the registry does not answer', async () => {
    const error = new RegistryError({
      registry: 'ci',
      operation: 'GET',
      reason: 'away',
      codes: ['ECONNREFUSED'],
    })
    expect(await resolve(error)).toMatchObject({ outcome: error, applied: [], rechecked: [] })
  })
})

const contains = (list: object[], one: object) =>
  list.some((other) => JSON.stringify(other) === JSON.stringify(one))

describe('a registry that sends no references', () => {
  let registry: LabRegistry
  let tallyman: LabTallyman
  let client: RegistryClient
  let port = 0
  beforeAll(async () => {
    port = await freePort()
    const notify = {
      url: `http://127.0.0.1:${port}/v1/events`,
      token: WEBHOOK_TOKEN,
      includeReferences: false,
    }
    registry = await startRegistry({ notify })
    tallyman = await startTallyman({
      registries: { ci: { url: registry.url, token: WEBHOOK_TOKEN } },
      scanners: { userAgents: ['*trivy*'] },
    })
    await tallyman.app.listen({ port })
    client = makeRegistryClient({ name: 'ci', url: registry.url, userAgent: 'docker/27' })
  })
  afterAll(async () => {
    await client?.close()
    await tallyman?.close()
    await registry?.close()
  })

  interface Project {
    uniqueBytes: number
    referencedBytes: number
    unreferencedBytes: number
    manifests: number
    unresolved: number
    pulls: number
    scans: number
  }
  const project = (id: string) => tallyman.get<Project>(`/v1/projects/${encodeURIComponent(id)}`)
  const settled = (id: string, manifests: number) =>
    eventually(
      () => project(id),
      (now) => now.manifests === manifests && now.unresolved === 0,
    )
  const bytesOf = (...images: LabImage[]) => {
    const contents = new Map(
      images.flatMap((image) => [
        ...[...image.manifests].map(([digest, { bytes }]): [string, number] => [digest, bytes.length]),
        ...[...image.blobs].map(([digest, bytes]): [string, number] => [digest, bytes.length]),
      ]),
    )
    return [...contents.values()].reduce((sum, size) => sum + size, 0)
  }

  test('has its manifests looked up: sizes become right, and the lookup counts as no pull', async () => {
    const layers = (seed: string) => [
      { seed: 'base', bytes: 30_000 },
      { seed, bytes: 10_000 },
    ]
    const [amd, arm] = [
      makeImage({ layers: layers('amd') }),
      makeImage({ layers: layers('arm'), architecture: 'arm64' }),
    ]
    const index = makeIndex([
      { image: amd, architecture: 'amd64' },
      { image: arm, architecture: 'arm64' },
    ])
    const cache = makeBuildKitCache([{ seed: 'cache', bytes: 5_000 }])
    await pushImage(client, 'team/app', 'v1', index)
    await pushImage(client, 'team/app', 'cache', cache)
    const now = await settled('ci/team/app', 4)
    expect(now).toMatchObject({
      uniqueBytes: bytesOf(index, cache),
      unreferencedBytes: 0,
      pulls: 0,
      scans: 0,
    })

    // The references are known by now, so nothing is looked up again.
    await client.getManifest('team/app', 'v1')
    await eventually(
      () => project('ci/team/app'),
      ({ pulls }) => pulls === 1,
    )
    expect(await project('ci/team/app')).toMatchObject({ pulls: 1, scans: 0, unresolved: 0 })
  })

  test('a scanner’s pull is counted separately and does not make the manifest known', async () => {
    const scanner = makeRegistryClient({
      name: 'ci',
      url: registry.url,
      userAgent: 'aquasecurity/Trivy 0.57',
    })
    await pushImage(client, 'scan/app', 'v1', makeImage({ layers: [{ seed: 's', bytes: 500 }] }))
    await settled('ci/scan/app', 1)
    await scanner.getManifest('scan/app', 'v1')
    await scanner.headManifest('scan/app', 'v1')
    await scanner.close()
    const now = await eventually(
      () => project('ci/scan/app'),
      ({ scans }) => scans > 0,
    )
    expect(now).toMatchObject({ scans: 1, pulls: 0, lastPullAt: null })
  })

  test('an artifact with a subject is known as such, though its event does not tell the subject', async () => {
    const image = makeImage({ layers: [{ seed: 'subject', bytes: 3_000 }] })
    await pushImage(client, 'ref/app', 'v1', image)
    const config = Buffer.from('{}')
    const sbom = Buffer.from('{"packages":[]}')
    for (const blob of [config, sbom]) await upload(client, 'ref/app', blob)
    const describe = (bytes: Buffer, mediaType: string) => ({
      mediaType,
      digest: digestOf(bytes),
      size: bytes.length,
    })
    const artifact = Buffer.from(
      JSON.stringify({
        ...{ schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType: 'application/spdx+json' },
        config: describe(config, 'application/vnd.oci.empty.v1+json'),
        layers: [describe(sbom, 'application/spdx+json')],
        subject: image.root,
      }),
    )
    await client.putManifest('ref/app', 'sbom', artifact, OCI_MANIFEST)
    await settled('ci/ref/app', 2)
    const redis = await connectPatiently({ url: tallyman.redis.url })
    const images = await allImages(makeUsageIndex({ redis, prefix: 'tallyman' }), 'ci/ref/app')
    redis.disconnect()
    const found = images.find(({ digest }) => digest === digestOf(artifact))
    expect(found?.references).toContainEqual({
      kind: 'subject',
      key: image.root.digest.slice(7, 39),
      size: 0,
    })
    expect(found?.tags.map(({ name }) => name)).toEqual(['sbom'])
  })
})

describe("GitLab's rename", () => {
  let tallyman: LabTallyman
  beforeAll(async () => {
    tallyman = await startTallyman({
      registries: { ci: { url: 'http://127.0.0.1:1', token: WEBHOOK_TOKEN, renames: true } },
    })
  })
  afterAll(() => tallyman?.close())

  const gitlab = (id: string, timestamp: string, action: string, target: object, method: string) => ({
    ...{ id, timestamp, action, target },
    request: {
      id,
      addr: '127.0.0.1:35140',
      host: 'registry.example.com',
      method,
      useragent: 'Go-http-client/1.1',
    },
    actor: { name: 'test-user', user_type: 'gitlab_test', user: 'user-jwt' },
    source: { addr: 'c13aa3fb836c' },
    meta: { blob: null },
  })
  /** Recent times: an event whose time is far from its receipt is quarantined. */
  const YESTERDAY = new Date(Date.now() - 86_400_000).toISOString().slice(0, 'YYYY-MM-DD'.length)
  const pushed = (repository: string, letter: string, at: string) => {
    const digest = `sha256:${letter.repeat(64)}`
    const url = `http://registry.example.com/v2/${repository}/manifests/${digest}`
    const references = [
      {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        size: 100,
        digest: `sha256:${'c'.repeat(64)}`,
      },
    ]
    const target = {
      mediaType: OCI_MANIFEST,
      size: 400,
      length: 400,
      digest,
      repository,
      url,
      tag: 'v1',
      references,
    }
    return gitlab(`push-${letter}`, at, 'push', target, 'PUT')
  }
  const usage = async (id: string) => {
    const { projects } = await tallyman.get<{
      projects: { id: string; uniqueBytes: number; tags: number }[]
    }>('/v1/projects')
    const { uniqueBytes, tags } = projects.find((one) => one.id === id) ?? {}
    return [uniqueBytes, tags]
  }

  test('moves a namespace and its late events', async () => {
    const base = 'foo/foo/project'
    expect(await tallyman.deliver({ events: [pushed(`${base}/a`, '1', `${YESTERDAY}T10:00:00.5Z`)] })).toBe(
      202,
    )
    const rename = { type: 'namespace', from: base, to: 'foo/bar/project' }
    const renamed = gitlab(
      'r',
      `${YESTERDAY}T11:00:00.410627455Z`,
      'rename',
      { rename, repository: base },
      'PATCH',
    )
    expect(await tallyman.deliver({ events: [renamed, renamed] })).toBe(202)
    expect(await tallyman.deliver({ events: [pushed(base, '2', `${YESTERDAY}T10:30:00Z`)] })).toBe(202)
    const moved = await eventually(
      () => usage('ci/foo/bar'),
      ([, tags]) => tags === 2,
    )
    expect(moved).toEqual([900, 2])
    await eventually(
      () => usage('ci/foo/foo'),
      ([bytes, tags]) => bytes === 0 && tags === 0,
    )
    expect(await tallyman.get('/v1/quarantine')).toEqual({ total: 0, events: [], next: null })
    const again = gitlab('r2', `${YESTERDAY}T12:00:00Z`, 'rename', { repository: base }, 'PATCH')
    await tallyman.deliver({ events: [again] })
    const page = await eventually(
      () => tallyman.get<{ total: number; events: { reason: string; event: object }[] }>('/v1/quarantine'),
      ({ total }) => total === 1,
    )
    expect(page.events[0]?.reason).toContain('rename of type ""')
    expect(JSON.stringify(page)).not.toContain('user-jwt')
  })
})
