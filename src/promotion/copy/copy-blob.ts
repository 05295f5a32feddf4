import { addAbortSignal, pipeline, type Readable, Transform } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { Upload } from '../../registry/client.ts'
import type { Descriptor } from '../../registry/descriptor.ts'
import { RegistryError } from '../../registry/registry-error.ts'
import type { BlobWay } from './copied.ts'
import type { Side } from './copy-client.ts'
import { CopyError } from './copy-error.ts'
import { runOnce, type Verify } from './flights.ts'
import type { Progress } from './progress.ts'
import type { TargetState } from './target-state.ts'

/** A blob that is at the target. */
export interface ArrivedBlob {
  way: BlobWay
  bytes: number
}

/** Repositories from which a mount is tried. */
const MOST_MOUNTS = 3

export interface BlobCopy {
  source: Side
  target: Side
  sameRegistry: boolean
  verify: Verify
  /** Repositories of the target's registry that are known to have a blob. */
  mountFrom(digest: string): Promise<readonly string[]>
  state: TargetState
  /** Ends transfers. */
  signal: AbortSignal
  /** Nothing new begins after it. */
  stopped: AbortSignal
  progress: Progress
}

/**
 * Brings a blob to the target. What is there is read and not sent; what another repository of the registry has is mounted.
 * While another copy brings the same blob to the registry, this one waits: to the same repository the blob comes once, and
 * another repository mounts it. If the other copy fails, this one tries itself.
 */
export async function copyBlob(copy: BlobCopy, blob: Descriptor): Promise<ArrivedBlob> {
  const { state, verify, stopped } = copy
  const { repository } = copy.target
  const arrived = await runOnce(state.flights, { key: blob.digest, repository, verify, stopped }, () =>
    bring(copy, blob),
  )
  state.homes.set(blob.digest, repository)
  return arrived ?? { way: 'present', bytes: blob.size }
}

const nameOf = ({ target }: BlobCopy, { digest }: Descriptor) => `${target.repository}@${digest}`

async function bring(copy: BlobCopy, blob: Descriptor): Promise<ArrivedBlob> {
  const { digest, size } = blob
  const { state, stopped } = copy
  if (await state.asking(() => isGood(copy, digest))) return { way: 'present', bytes: size }
  return state.sending(async () => {
    stopped.throwIfAborted()
    const mount = await tryMounts(copy, digest)
    if (mount === 'mounted') return { way: mount, bytes: size }
    const bytes = await send(copy, blob, mount)
    if (copy.verify === 'full' && !(await isGood(copy, digest)))
      throw new CopyError('not kept', `${nameOf(copy, blob)} was sent, and other content comes back`)
    return { way: 'sent', bytes }
  })
}

/** Whether the target gives the blob: a byte of it, or all of it and the right content. */
async function isGood({ target, verify, signal }: BlobCopy, digest: string): Promise<boolean> {
  const { client, repository } = target
  try {
    if (!(await client.readsBlob(repository, digest))) return false
    if (verify === 'full') {
      const content = addAbortSignal(signal, await client.getBlob(repository, digest))
      await finished(content.resume())
    }
    return true
  } catch (error) {
    // Distribution answers 500 if its cache has the blob and its storage has not.
    if (error instanceof RegistryError && (error.status === 500 || hasWrongContent(error))) return false
    throw error
  }
}

/** Whether the registry answered, and with content that is not what was asked for. */
export const hasWrongContent = (error: unknown): boolean =>
  error instanceof RegistryError && error.status === undefined && error.codes.length === 0

/** Mounts the blob, or returns the upload that the registry opened instead. */
async function tryMounts(copy: BlobCopy, digest: string): Promise<'mounted' | Upload | undefined> {
  const { client, repository } = copy.target
  let upload: Upload | undefined
  for (const from of await mountCandidates(copy, digest)) {
    if (upload !== undefined) await client.cancelUpload(upload)
    upload = undefined
    const mount = await client.mountBlob(repository, digest, from).catch(ignoreRefusal)
    if (mount?.mounted === false) upload = mount.upload
    else if (mount?.mounted && (await isGood(copy, digest))) return 'mounted'
  }
  return upload
}

/**
 * Repositories to mount from. A source that takes manifests with unknown blobs can name any blob. So the source must have it:
 * otherwise the target would give away content of somebody else's repository. Only a blob that the target lacks is asked for.
 */
async function mountCandidates(copy: BlobCopy, digest: string): Promise<string[]> {
  const { source, target, sameRegistry, state } = copy
  const others = (...names: string[]) => [...new Set(names)].filter((name) => name !== target.repository)
  if (sameRegistry) return others(source.repository)
  const known = others(...[state.homes.get(digest) ?? []].flat(), ...(await copy.mountFrom(digest)))
  if (known.length === 0) return []
  const held = await source.client.headBlob(source.repository, digest)
  return held === undefined ? [] : known.slice(0, MOST_MOUNTS)
}

/** A registry that refuses a mount, say since we may not read that repository, still takes the content. */
function ignoreRefusal(error: unknown): undefined {
  if (error instanceof RegistryError && !error.retry) return
  throw error
}

/** Returns the bytes. The manifest may state none (schema 1), or a wrong number, which registries do not check. */
async function send(copy: BlobCopy, blob: Descriptor, upload: Upload | undefined): Promise<number> {
  const { source, target, signal, progress } = copy
  const { digest, size } = blob
  let sent = 0
  const open = async (from: number) => {
    signal.throwIfAborted()
    const content = await source.client.getBlob(source.repository, digest, { from }).catch((error) => {
      if (!(error instanceof RegistryError) || error.status !== 404) throw error
      const name = `${source.repository}@${digest}`
      throw new CopyError('absent', `the image is broken: ${name} is not in its registry (${error.answer})`)
    })
    return counted(addAbortSignal(signal, content), (passed) => {
      sent = from + passed
      progress.sent(digest, sent)
    })
  }
  await target.client.uploadBlob(target.repository, { digest, size }, open, upload)
  return sent
}

/** The same content. Tells how many bytes of it have passed. */
function counted(content: Readable, onPassed: (bytes: number) => void): Readable {
  let passed = 0
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passed += chunk.length
      onPassed(passed)
      done(null, chunk)
    },
  })
  return pipeline(content, counter, () => {})
}
