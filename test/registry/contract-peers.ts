import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type FakeRegistry, startFakeRegistry } from '../../lab/fake-registry.ts'
import type { FakeTraits } from '../../lab/fake-store.ts'
import { type FaultyRegistry, startFaultyRegistry } from '../../lab/faulty-registry.ts'
import type { LabRegistryOptions } from '../../lab/registry.ts'
import { startTokenServer, type TokenServer } from '../../lab/token-server.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'

/** A registry that the contract is tried on, and a client that has logged in to it. */
export interface Peer extends Pick<FakeRegistry, 'requests' | 'reset' | 'onRequest' | 'close'> {
  client: RegistryClient
  /** A further client of the same registry. The peer closes it. */
  anotherClient(): RegistryClient
  /** The fake itself, if it is one. */
  fake?: FakeRegistry
  tokens?: TokenServer
  /** Bytes of uploads that were neither ended nor cancelled. */
  pendingBytes(): Promise<number>
}

/** What registries do differently. */
export interface PeerTraits {
  referrersApi: boolean
  tagDelete: boolean
  /** Whether an upload can go on, and can be cancelled, after a broken request. */
  resumesUploads: boolean
}

export const LIKE_2_8: PeerTraits = { referrersApi: false, tagDelete: false, resumesUploads: false }
export const LIKE_THE_SPEC: PeerTraits = { referrersApi: true, tagDelete: true, resumesUploads: true }

type Login = { username: string; password: string } | undefined

function peerOf(
  registry: FakeRegistry | FaultyRegistry,
  prefix: string,
  login: Login,
): Omit<Peer, 'pendingBytes'> {
  const clients: RegistryClient[] = []
  function anotherClient() {
    const client = makeRegistryClient({
      ...{ name: 'lab', url: registry.url + prefix, pageSize: 2 },
      ...(login && { credentials: login }),
    })
    clients.push(client)
    return client
  }
  return {
    client: anotherClient(),
    anotherClient,
    requests: registry.requests,
    reset: registry.reset,
    onRequest: registry.onRequest,
    async close() {
      for (const client of clients) await client.close()
      await registry.close()
    },
  }
}

/** The fake, with or without its token server. */
export async function startFakePeer(traits: Partial<FakeTraits>, login?: 'tokens'): Promise<Peer> {
  const tokens = login === 'tokens' ? await startTokenServer() : undefined
  const fake = await startFakeRegistry({ traits, ...(tokens && { auth: tokens }) })
  const peer = peerOf(fake, '', tokens?.credentials)
  const uploads = () =>
    [...fake.repositories.values()].flatMap((repository) => [...repository.uploads.values()])
  return {
    ...peer,
    ...{ fake, ...(tokens && { tokens }) },
    pendingBytes: async () => uploads().reduce((sum, { bytes }) => sum + bytes.length, 0),
    async close() {
      await peer.close()
      await tokens?.close()
    },
  }
}

/** The real docker-registry 2.8 behind a proxy that makes requests fail. */
export async function startRealPeer(options: LabRegistryOptions, login?: Login | 'tokens'): Promise<Peer> {
  const tokens = login === 'tokens' ? await startTokenServer() : undefined
  const registry = await startFaultyRegistry({ ...options, extra: tokens?.registryConfig ?? '' })
  const prefix = options.prefix?.replace(/\/$/, '') ?? ''
  const peer = peerOf(registry, prefix, login === 'tokens' ? tokens?.credentials : login)
  return {
    ...peer,
    ...(tokens && { tokens }),
    pendingBytes: () => bytesIn(join(registry.folder, 'storage/docker/registry/v2/repositories')),
    async close() {
      await peer.close()
      await tokens?.close()
    },
  }
}

/** The bytes of all uploads in a storage. Distribution 2.8 leaves other small files of an upload that was cancelled. */
async function bytesIn(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true }).catch(() => [])
  const sizes = files
    .filter((file) => /_uploads\/[^/]+\/data$/.test(file))
    .map((file) => stat(join(folder, file)).then(({ size }) => size))
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
