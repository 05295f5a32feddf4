import { type Descriptor, isObject, type JsonObject, readDescriptor } from './descriptor.ts'
import { parseJson } from './json.ts'
import { MANIFEST_LIMIT, OCI_INDEX, parseManifest } from './manifest.ts'
import type { FetchedManifest, makeManifestApi } from './manifest-api.ts'
import { pagesOf } from './pages.ts'
import { InvalidManifest } from './registry-error.ts'
import { digestTarget, pull, TRUE_NOW } from './target.ts'
import type { Transport } from './transport.ts'

/** How a list of referrers names a manifest that has a `subject`. */
export type Referrer = Pick<Descriptor, 'mediaType' | 'digest' | 'size' | 'artifactType'> & {
  annotations?: Record<string, string>
}

/** Bytes of a page of referrers: as much as of a manifest, since it is parsed in one piece. */
const INDEX_LIMIT = MANIFEST_LIMIT

/** How often a list is written that others write at the same time. A list that is lost after its last read stays lost. */
const MOST_WRITES = 5

/** Referrers (distribution spec 1.1, "Listing Referrers", "Referrers Tag Schema"). */
export function makeReferrersApi(
  transport: Transport,
  { getManifest, putManifest }: Pick<ReturnType<typeof makeManifestApi>, 'getManifest' | 'putManifest'>,
) {
  const errorOf = (repository: string, subject: string, reason: string, facts?: { retry: boolean }) =>
    transport.error(`GET referrers ${repository}@${subject}`, reason, facts)

  const ask = (repository: string, subject: string) => ({
    ...digestTarget(transport, 'referrers', repository, subject),
    scopes: [pull(repository)],
    statuses: [200, 404],
    headers: TRUE_NOW,
  })

  async function referrers(repository: string, subject: string): Promise<Descriptor[]> {
    try {
      return (await fromApi(repository, subject)) ?? (await fromTag(repository, subject))
    } catch (cause) {
      throw cause instanceof InvalidManifest ? errorOf(repository, subject, cause.message) : cause
    }
  }

  /** `undefined` if the registry does not have the API. */
  async function fromApi(repository: string, subject: string): Promise<Descriptor[] | undefined> {
    const found: Descriptor[] = []
    for await (const { answer, meter } of pagesOf(transport, ask(repository, subject), '/v2/')) {
      if (answer.status === 404) {
        await answer.discard()
        return undefined
      }
      const bytes = await answer.bytes(INDEX_LIMIT)
      meter.add({ entries: 0, bytes: bytes.length })
      const index = parseJson(bytes)
      if (!isObject(index)) throw answer.error('the answer is not a JSON object')
      const { manifests } = index
      if (!Array.isArray(manifests)) throw answer.error('the answer is not an index')
      meter.add({ entries: manifests.length, bytes: 0 })
      for (const [n, entry] of manifests.entries()) found.push(readDescriptor(entry, `manifests[${n}]`))
    }
    return found
  }

  async function fromTag(repository: string, subject: string): Promise<Descriptor[]> {
    const index = await getManifest(repository, fallbackTag(subject))
    return index === undefined ? [] : parseManifest(index.bytes, index.descriptor.mediaType).children
  }

  /** Writers of the same list in this process, one after the other. */
  const writing = new Map<string, Promise<void>>()

  function addReferrers(repository: string, subject: string, added: readonly Referrer[]): Promise<void> {
    const key = `${repository}@${subject}`
    const turn = (writing.get(key) ?? Promise.resolve())
      .catch(() => {})
      .then(() => add(repository, subject, added))
    writing.set(key, turn)
    return turn.finally(() => writing.get(key) === turn && writing.delete(key))
  }

  async function add(repository: string, subject: string, added: readonly Referrer[]): Promise<void> {
    const answer = await transport.send({ ...ask(repository, subject), method: 'GET' })
    await answer.discard()
    if (answer.status === 200) return
    const tag = fallbackTag(subject)
    const unlisted = new Map(added.map((referrer) => [referrer.digest, referrer]))
    for (let writes = 0; ; writes++) {
      const list = listIn(await getManifest(repository, tag))
      if (list === undefined)
        throw errorOf(repository, subject, `its tag ${tag} names something that is no index`)
      const listed = new Set(list.manifests.map((entry) => isObject(entry) && entry.digest))
      const missing = [...unlisted].filter(([digest]) => !listed.has(digest)).map(([, referrer]) => referrer)
      // After a write, this also tells whether another writer has replaced the list.
      if (missing.length === 0) return
      if (writes === MOST_WRITES)
        throw errorOf(repository, subject, 'others replace its list again and again', { retry: true })
      const bytes = Buffer.from(
        JSON.stringify({ ...list, manifests: [...list.manifests, ...missing.map(entryOf)] }),
      )
      if (bytes.length > MANIFEST_LIMIT) throw errorOf(repository, subject, 'its list has no room for more')
      await putManifest(repository, tag, bytes, OCI_INDEX)
    }
  }

  return { referrers, addReferrers }
}

/** The tag of an image's list of referrers, where the registry has no API for them. */
function fallbackTag(subject: string): string {
  const [algorithm = '', hex = ''] = subject.split(':')
  return `${algorithm}-${hex.slice(0, 64)}`
}

/** The list as it is, with all that others wrote there. `undefined` if it is not an index. */
function listIn(found: FetchedManifest | undefined): (JsonObject & { manifests: unknown[] }) | undefined {
  if (found === undefined) return { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] }
  const list = parseJson(found.bytes)
  if (found.descriptor.mediaType !== OCI_INDEX || !isObject(list)) return undefined
  const manifests = list.manifests ?? []
  return Array.isArray(manifests) ? { ...list, manifests } : undefined
}

const entryOf = ({ mediaType, digest, size, artifactType, annotations }: Referrer) => ({
  mediaType,
  digest,
  size,
  artifactType,
  annotations,
})
