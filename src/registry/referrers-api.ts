import type { Answer } from './answer.ts'
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

/** How long a registry that lacks the API is not asked for it again, in ms. It may be upgraded, or one of several be older. */
const LACK_MS = 5 * 60_000

/** Referrers (distribution spec 1.1, "Listing Referrers", "Referrers Tag Schema"). `clock` tells ms, and never goes back. */
export function makeReferrersApi(
  transport: Transport,
  { getManifest, putManifest }: Pick<ReturnType<typeof makeManifestApi>, 'getManifest' | 'putManifest'>,
  clock = () => performance.now(),
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

  /** When the API is asked for again, on `clock`. */
  let askAgainAt = Number.NEGATIVE_INFINITY
  const lacksApi = () => clock() < askAgainAt

  /** Reads an answer 404, and remembers it if it is about the API. */
  async function noteAbsence(answer: Answer): Promise<void> {
    if (await isAboutApi(answer)) askAgainAt = clock() + LACK_MS
  }

  /** `undefined` if the registry does not have the API. */
  async function fromApi(repository: string, subject: string): Promise<Descriptor[] | undefined> {
    const asked = ask(repository, subject) // Checks both names.
    if (lacksApi()) return undefined
    const found: Descriptor[] = []
    for await (const { answer, meter } of pagesOf(transport, asked, '/v2/')) {
      if (answer.status === 404) {
        await noteAbsence(answer)
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
    const asked = ask(repository, subject)
    if (!lacksApi()) {
      const answer = await transport.send({ ...asked, method: 'GET' })
      if (answer.status === 200) return answer.discard()
      await noteAbsence(answer)
    }
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

/**
 * Whether an answer 404 says that the registry does not have the API. A registry with the API answers 200 with an empty list
 * (distribution spec 1.1, "Listing Referrers"), but some answer 404 with a code for a repository or a manifest that is not
 * there. Distribution 2.8 has no route, and sends no code; its header tells its answer from that of a proxy in front.
 */
async function isAboutApi(answer: Answer): Promise<boolean> {
  const { codes } = await answer.statusError()
  const isRegistry = answer.header('docker-distribution-api-version') !== undefined
  return codes.length === 0 ? isRegistry : codes.includes('UNSUPPORTED')
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
