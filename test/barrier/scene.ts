import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { digestOf, type LabImage, makeImage } from '../../lab/image.ts'
import { type LabRegistry, type LabRegistryOptions, startRegistry } from '../../lab/registry.ts'
import { gateBarrier } from '../../src/barrier/barrier.ts'
import { type Collected, collectBehindBarrier } from '../../src/barrier/collect.ts'
import { type Gate, makeGate } from '../../src/barrier/gate.ts'
import type { BarrierSettings } from '../../src/barrier/settings.ts'
import type { Step } from '../../src/barrier/steps.ts'
import { makeBlobTrash, runAt } from '../../src/space/blob-trash.ts'
import { surveyStorage } from '../../src/space/survey-storage.ts'
import { makeFolderStorage } from '../../src/storage/folder-storage.ts'
import type { RegistryStorage } from '../../src/storage/storage.ts'
import type { ChildInput } from './collect-child.ts'

/** Files get their times from a clock of the kernel that is some ms behind. */
export const QUICK: BarrierSettings = {
  ...{ minAgeMs: 0, pauseMs: 2_000, restMs: 10, drainMs: 10, clocksMs: 50 },
}

/** Collects in a process of its own. @returns what it collected; undefined if it was killed */
export async function collectInChild(input: ChildInput): Promise<Collected | undefined> {
  const file = new URL('collect-child.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [file, JSON.stringify(input)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err, [code, signal]] = await Promise.all([
    ...([text(child.stdout), text(child.stderr), once(child, 'exit')] as const),
  ])
  if (signal === 'SIGKILL') return undefined
  if (code !== 0) throw new Error(err)
  return JSON.parse(out)
}

/** A real registry behind a proxy that asks a gate, on a storage that Tallyman collects. */
export async function startScene(
  redis: () => Redis,
  options: LabRegistryOptions & { openStorage?: (registry: LabRegistry) => RegistryStorage } = {},
) {
  let registry = await startRegistry(options)
  const storage = options.openStorage?.(registry) ?? makeFolderStorage({ path: registry.storage })
  const trash = makeBlobTrash(storage)
  let gate: Gate | undefined
  const theGate = () => {
    gate ??= makeGate({ redis: redis(), prefix: 'test' })
    return gate
  }
  const proxy = await startGatedProxy(registry, theGate)
  const direct = client(registry.url)
  let runs = 0
  return {
    /** The registry itself: what asks here has passed the gate already. */
    direct,
    /** An image whose blobs nothing names any more. */
    async garbage(seed: string): Promise<LabImage> {
      const image = makeImage({ layers: [{ seed, bytes: 2_000 }], label: seed })
      const status = await direct.push('a', 'gone', image)
      if (status !== 201) throw new Error(`the push was answered ${status}`)
      await direct.remove('a', image.root.digest)
      await sleep(2 * QUICK.clocksMs)
      return image
    },
    /** Lets a push to a repository pass the gate, and asks nobody: what it sends later goes to the registry itself. */
    letPass: (repository: string) =>
      theGate().pass({ registry: 'lab', method: 'PUT', uri: `/v2/${repository}/manifests/latest` }),
    /** Over the proxy. */
    gated: client(proxy.url),
    ...{ registry, storage, trash, url: proxy.url },
    survey: () => surveyStorage(storage, { projectOf: (name) => name }),
    collect: async (
      at: (step: Step) => Promise<void> = async () => {},
      settings: Partial<BarrierSettings> = {},
      more: Partial<Parameters<typeof collectBehindBarrier>[0]> = {},
    ) =>
      collectBehindBarrier({
        ...{ storage, trash, at, run: runAt(Date.now(), String(++runs)) },
        ...{ now: Date.now, clock: () => performance.now() },
        barrier: gateBarrier(theGate(), 'lab', 60_000),
        survey: () => surveyStorage(storage, { projectOf: (name) => name }),
        named: async () => new Set<string>(),
        pushedTo: async () => [],
        stop: new AbortController().signal,
        requireGate: async () => {},
        settings: { ...QUICK, ...settings },
        ...more,
      }),
    /** Kills the registry, and starts it again where it was. */
    async killRegistry(): Promise<void> {
      await registry.process.stop('SIGKILL')
      registry = await startRegistry({
        ...options,
        folder: registry.folder,
        port: Number(new URL(registry.url).port),
      })
    },
    async close() {
      await proxy.close()
      await registry.close()
    },
  }
}
export type Scene = Awaited<ReturnType<typeof startScene>>

/** A proxy that asks before it passes a request on, as nginx does with `auth_request`. */
async function startGatedProxy({ url: to }: LabRegistry, gate: () => Gate) {
  const server = createServer((asking, answer) => {
    const { method = '', url = '', headers } = asking
    const passOn = () => {
      const onward = request(to + url, { method, headers }, (theirs) => {
        answer.writeHead(theirs.statusCode ?? 502, theirs.headers)
        theirs.pipe(answer)
      })
      onward.on('error', () => answer.destroy())
      asking.pipe(onward)
    }
    gate()
      .pass({ registry: 'lab', method, uri: url })
      .then(passOn, () => answer.writeHead(503).end())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Talks to a registry as a client does, a request at a time. */
export function client(url: string) {
  const ask = async (path: string, init?: RequestInit) => {
    const answer = await fetch(path.startsWith('http') ? path : `${url}/v2/${path}`, init)
    return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) }
  }
  const has = async (repository: string, digest: string) =>
    (await ask(`${repository}/blobs/${digest}`, { method: 'HEAD' })).status === 200
  /** Begins an upload. @returns where it goes on */
  async function begin(repository: string): Promise<URL> {
    const { headers } = await ask(`${repository}/blobs/uploads/`, { method: 'POST' })
    const at = new URL(headers.get('location') ?? '', url)
    return new URL(`${at.pathname}${at.search}`, url)
  }
  async function finish(at: URL, bytes: Buffer): Promise<number> {
    at.searchParams.set('digest', digestOf(bytes))
    return (await ask(at.href, { method: 'PUT', body: new Uint8Array(bytes) })).status
  }
  const upload = async (repository: string, bytes: Buffer) => finish(await begin(repository), bytes)
  const mount = async (repository: string, digest: string, from: string) =>
    (await ask(`${repository}/blobs/uploads/?mount=${digest}&from=${from}`, { method: 'POST' })).status
  async function putManifests(
    repository: string,
    tag: string,
    { manifests, root }: LabImage,
  ): Promise<number> {
    let status = 0
    for (const [digest, { bytes, mediaType }] of manifests) {
      const reference = digest === root.digest ? tag : digest
      const headers = { 'content-type': mediaType }
      const init = { method: 'PUT', headers, body: new Uint8Array(bytes) }
      status = (await ask(`${repository}/manifests/${reference}`, init)).status
      if (status !== 201) return status
    }
    return status
  }
  return {
    ...{ has, begin, finish, upload, mount, putManifests },
    /** Pushes as clients do: what the registry has is not uploaded. @returns the status of the manifest */
    async push(repository: string, tag: string, image: LabImage): Promise<number> {
      for (const [digest, bytes] of image.blobs)
        if (!(await has(repository, digest))) await upload(repository, bytes)
      return putManifests(repository, tag, image)
    },
    async remove(repository: string, digest: string): Promise<void> {
      const { status } = await ask(`${repository}/manifests/${digest}`, { method: 'DELETE' })
      if (status !== 202) throw new Error(`DELETE was answered ${status}`)
    },
    /** What of an image cannot be read, or is not what its digest says. */
    async lacking(repository: string, tag: string, { manifests, blobs, root }: LabImage): Promise<string[]> {
      const paths = [
        ...[...manifests.keys()].map((digest) => [`manifests/${digest}`, digest] as const),
        ...[...blobs.keys()].map((digest) => [`blobs/${digest}`, digest] as const),
        [`manifests/${tag}`, root.digest] as const,
      ]
      const lacking: string[] = []
      for (const [path, digest] of paths) {
        const headers = { accept: [...manifests.values()].map(({ mediaType }) => mediaType).join(', ') }
        const { status, body } = await ask(`${repository}/${path}`, path.startsWith('m') ? { headers } : {})
        if (status !== 200 || digestOf(body) !== digest) lacking.push(path)
      }
      return lacking
    },
  }
}
