import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pMap from 'p-map'
import { boundToUs } from '../lab/bound.ts'
import { type LabImage, makeImage, OCI_MANIFEST } from '../lab/image.ts'
import { pushImage, upload } from '../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../lab/registry.ts'
import { type Copier, makeCopier } from '../src/promotion/copy/copy-image.ts'
import { readBack, writeTag } from '../src/promotion/copy/write-tag.ts'
import { makeRegistryClient, type RegistryClient } from '../src/registry/client.ts'
import { hashOf } from '../src/registry/digest.ts'
import { startLatencyProxy } from './latency-proxy.ts'
import { median } from './median.ts'

interface Size {
  images: number
  /** bytes of all blobs */
  bytes: number
  rounds: number
  /** bytes of the one large layer */
  large: number
}
const MB = 1_000_000
const FULL: Size = { images: 40, bytes: 60 * MB, rounds: 3, large: 2_000 * MB }
const SMALL: Size = { images: 10, bytes: 15 * MB, rounds: 1, large: 200 * MB }
const [SHARED, OWN] = [5, 3]
/** As the worker of the queue does between two registries. */
const AT_ONCE = { concurrency: 2 }
const LATENCY_MS = 20
const RSS_MB = 150

const run = promisify(execFile)
const [FROM, TO] = ['team/app', 'released/app']

/** Copies of images between two real registries, cold and again, beside skopeo and crane (performance.md). */
export async function promotion({ small, say }: { small: boolean; say: (line: string) => void }) {
  const size = small ? SMALL : FULL
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-promotion-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const images = makeImages(size)
  const distinct = new Map(images.flatMap(({ blobs }) => [...blobs])).values()
  const bytes = distinct.reduce((sum, { length }) => sum + length, 0)
  const source = await startRegistry({ folder: subfolder(folder, 'source') })
  try {
    const client = makeRegistryClient({ name: 'source', url: source.url })
    for (const [n, image] of images.entries()) await pushImage(client, FROM, `v${n}`, image)
    await client.close()
    say(`${images.length} images, ${bytes} bytes`)
    const crane = await findCrane()
    const near = await compare({ ...size, folder, images, source: source.host, latencyMs: 0, crane, say })
    const far = await compare({
      ...{ ...size, rounds: 1, folder, images, source: source.host, latencyMs: LATENCY_MS, crane, say },
    })
    const large = await copyLarge(source, { bytes: size.large, small: images[0]?.root.digest ?? '', folder })
    say(`${size.large} bytes in one layer: ${large.map(({ s }) => `${s.toFixed(1)} s`).join(', ')}`)
    const [rss = Number.NaN, young = Number.NaN] = large.map(({ kb }) => Math.round(kb / 1024))
    const result = { ...near, ...prefixed('far_', far), rss_mb: rss, rss_small_young_mb: young }
    const isSent = large.every((one) => one.bytes > size.large)
    const isOnce = near.bytes_sent === bytes && far.bytes_sent === bytes && isSent
    const isFast = [near, far].every(
      (one) =>
        one.ratio_cold >= 2 &&
        one.ratio_warm >= 5 &&
        !(one.tallyman_cold_s > (one.crane_cold_s ?? Number.POSITIVE_INFINITY)) &&
        !(one.tallyman_warm_s > (one.crane_warm_s ?? Number.POSITIVE_INFINITY)),
    )
    if (!small && !(isOnce && isFast && result.rss_mb <= RSS_MB)) process.exitCode = 1
    return result
  } finally {
    await source.close()
  }
}

function makeImages({ images, bytes }: Size): LabImage[] {
  const each = Math.floor(bytes / (SHARED + OWN * images))
  const layersOf = (name: string, count: number) =>
    Array.from({ length: count }, (_, n) => ({ seed: `${name} ${n}`, bytes: each }))
  return Array.from({ length: images }, (_, n) =>
    makeImage({ layers: [...layersOf('shared', SHARED), ...layersOf(`own ${n}`, OWN)], label: `${n}` }),
  )
}

interface Comparison {
  images: readonly LabImage[]
  rounds: number
  folder: string
  source: string
  latencyMs: number
  crane: string | undefined
  say: (line: string) => void
}

/** Copies all images with each tool in turn, each time into a registry of its own, and then once more. */
async function compare({ images, rounds, folder, source, latencyMs, crane, say }: Comparison) {
  const times: Record<string, number[]> = {}
  const note = (name: string, seconds: number) => {
    times[name] = [...(times[name] ?? []), seconds]
  }
  const tools = {
    skopeo: (from: string, to: string) =>
      oneByOne(images, (tag) => [
        ...[
          'skopeo',
          'copy',
          '--all',
          '--preserve-digests',
          '--src-tls-verify=false',
          '--dest-tls-verify=false',
        ],
        ...[`docker://${from}/${FROM}:${tag}`, `docker://${to}/${TO}:${tag}`],
      ]),
    ...(crane && {
      crane: (from: string, to: string) =>
        oneByOne(images, (tag) => [
          crane,
          'copy',
          '--insecure',
          `${from}/${FROM}:${tag}`,
          `${to}/${TO}:${tag}`,
        ]),
    }),
  }
  for (let round = 0; round < rounds; round++) {
    const from = await startLatencyProxy(`http://${source}`, latencyMs)
    const host = latencyMs === 0 ? source : from.host
    for (const [name, copy] of Object.entries(tools)) {
      await intoFresh(folder, latencyMs, async (to) => {
        note(`${name}_cold_s`, await secondsOf(() => copy(host, to)))
        note(`${name}_warm_s`, await secondsOf(() => copy(host, to)))
      })
    }
    await intoFresh(folder, latencyMs, async (to) => {
      const ends = [host, to].map((end) => makeRegistryClient({ name: end, url: `http://${end}` }))
      const copier = makeCopier()
      const copy = (one: Copier) =>
        secondsOf(async () => note('bytes_sent', await copyAll(one, images, ends)))
      note('tallyman_cold_s', await copy(copier))
      note('tallyman_warm_s', await copy(copier))
      note('tallyman_restarted_s', await copy(makeCopier()))
      await Promise.all(ends.map((client) => client.close()))
    })
    from.close()
    say(JSON.stringify(times))
  }
  const middle = (name: string) => Number(median(times[name] ?? []).toFixed(3))
  const ratio = (name: string) => Number((middle(`skopeo_${name}`) / middle(`tallyman_${name}`)).toFixed(2))
  return {
    ...{ skopeo_cold_s: middle('skopeo_cold_s'), tallyman_cold_s: middle('tallyman_cold_s') },
    ratio_cold: ratio('cold_s'),
    ...{ skopeo_warm_s: middle('skopeo_warm_s'), tallyman_warm_s: middle('tallyman_warm_s') },
    ratio_warm: ratio('warm_s'),
    tallyman_restarted_s: middle('tallyman_restarted_s'),
    ...(crane && { crane_cold_s: middle('crane_cold_s'), crane_warm_s: middle('crane_warm_s') }),
    // Of the cold copy: the later ones send nothing.
    bytes_sent: (times.bytes_sent ?? []).reduce((sum, bytes) => sum + bytes, 0) / rounds,
  }
}

/** Copies and tags as a promotion does, with referrers. Returns the bytes sent. */
async function copyAll(copier: Copier, images: readonly LabImage[], ends: RegistryClient[]): Promise<number> {
  const [source, target] = ends
  if (source === undefined || target === undefined) return Number.NaN
  const sent = await pMap(
    images,
    async ({ root: { digest } }, n) => {
      const side = { client: target, repository: TO }
      const { root, blobs } = await copier.copyImage({
        ...{ source: { client: source, repository: FROM }, target: side, sameRegistry: false, digest },
        ...{ sparse: 'refuse', verify: 'sample', referrers: true },
        mountFrom: async () => [],
      })
      if (!(await readBack(side, `v${n}`, root))) await writeTag(side, `v${n}`, root)
      return blobs.sent.bytes
    },
    AT_ONCE,
  )
  return sent.reduce((sum, bytes) => sum + bytes, 0)
}

async function oneByOne(images: readonly LabImage[], commandFor: (tag: string) => string[]): Promise<void> {
  for (const n of images.keys()) {
    const [command = '', ...args] = commandFor(`v${n}`)
    await run(...boundToUs(command, args))
  }
}

/** Starts an empty registry, perhaps far away, for as long as `work` runs. */
async function intoFresh(
  folder: string,
  latencyMs: number,
  work: (host: string) => Promise<void>,
): Promise<void> {
  const registry = await startRegistry({ folder: subfolder(folder, 'target') })
  const proxy = await startLatencyProxy(registry.url, latencyMs)
  try {
    await work(latencyMs === 0 ? registry.host : proxy.host)
  } finally {
    proxy.close()
    await registry.close()
  }
}

function subfolder(folder: string, name: string): string {
  const path = mkdtempSync(join(folder, `${name}-`))
  return path
}

/** The command of $CRANE, or the one in the path. `undefined` if there is none. */
async function findCrane(): Promise<string | undefined> {
  const command = process.env.CRANE ?? 'crane'
  return run(command, ['version']).then(
    () => command,
    () => undefined,
  )
}

/**
 * Copies an image with one large layer of zeros, in a process of its own: once as Node is, and once with a small young
 * generation (scaling.md). Node's compiler of TypeScript takes 30 MB there, which a package in JavaScript does not need. With a
 * cache that an earlier run has filled, Node does not load it.
 */
async function copyLarge(
  source: LabRegistry,
  { bytes, small, folder }: { bytes: number; small: string; folder: string },
): Promise<LargeCopy[]> {
  const repository = 'team/large'
  const client = makeRegistryClient({ name: 'source', url: source.url })
  const config = Buffer.from('{}')
  await upload(client, repository, config)
  const digest = writeZeros(source.storage, repository, bytes)
  const manifest = Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: OCI_MANIFEST },
      config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: hashOf(config), size: config.length },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: bytes }],
    }),
  )
  const root = await client.putManifest(repository, 'v1', manifest, OCI_MANIFEST)
  await client.close()
  const script = join(import.meta.dirname, 'promotion-large.ts')
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compile-cache') }
  const copyAlone = async (options: string[], from: string, reference: string): Promise<LargeCopy> => {
    const target = await startRegistry({ folder: subfolder(folder, 'target') })
    try {
      const args = [...options, script, source.url, target.url, from, reference]
      return JSON.parse((await run(process.execPath, args, { env })).stdout)
    } finally {
      await target.close()
    }
  }
  const copies: LargeCopy[] = []
  for (const options of [[], ['--max-semi-space-size=4']]) {
    await copyAlone(options, FROM, small)
    copies.push(await copyAlone(options, repository, root))
  }
  return copies
}

interface LargeCopy {
  s: number
  /** bytes sent */
  bytes: number
  /** the most memory that the process had */
  kb: number
}

/** Puts a blob of zeros into a registry's storage, as a file with a hole. Returns its digest. */
function writeZeros(storage: string, repository: string, bytes: number): string {
  const hash = createHash('sha256')
  const piece = Buffer.alloc(MB)
  for (let done = 0; done < bytes; done += piece.length) hash.update(piece)
  const hex = hash.digest('hex')
  const root = join(storage, 'docker/registry/v2')
  const blob = join(root, 'blobs/sha256', hex.slice(0, 2), hex)
  const link = join(root, 'repositories', repository, '_layers/sha256', hex)
  for (const path of [blob, link]) mkdirSync(path, { recursive: true })
  writeFileSync(join(blob, 'data'), '')
  truncateSync(join(blob, 'data'), bytes)
  writeFileSync(join(link, 'link'), `sha256:${hex}`)
  return `sha256:${hex}`
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

const prefixed = (prefix: string, result: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(result).map(([key, value]) => [`${prefix}${key}`, value]))
