import type { StorageReport } from '../../space/report.ts'
import { BLOBS, blobKey, REPOSITORIES, uploadsOf } from '../../storage/layout.ts'
import {
  type ObjectLook,
  type StorageInspector,
  type StorageSettings,
  type Told,
  told,
} from '../../storage/settings/storage-settings.ts'
import type { RegistryStorage } from '../../storage/storage.ts'
import type { Served, StorageFacts, Surveyed } from './facts.ts'

/** Objects that are looked at: so many blobs, and so many links. */
const LOOKED_AT = 5

/** How long an answer is waited for, in ms. There are two rounds of questions. */
const LIMIT_MS = 25_000

/** Bytes of a `startedat`: a time. */
const TIME_LIMIT = 100

/** An image that the registry serves. */
export interface ServedImage {
  repository: string
  tag: string
  digest: string
}

export interface LookDeps {
  registry: string
  type: StorageFacts['type']
  storage: Pick<RegistryStorage, 'place' | 'list' | 'folders' | 'head' | 'get'>
  inspector: StorageInspector
  /** Some image that the registry serves, if it has one. */
  served: () => Promise<ServedImage | undefined>
  /** Whether it refuses deletes in a repository. */
  refusesDeletes: (repository: string) => Promise<boolean>
  /** How often the registry asked its cache of blob descriptors. */
  cacheRequests: () => Promise<Told<number>>
  lastSurvey: () => Promise<StorageReport | undefined>
  /** How long Tallyman keeps what it collects, in ms. */
  trashMs?: number | undefined
  /** epoch ms */
  now: () => number
}

/**
 * Finds out all that the rules go by. Nothing is changed. A question that fails, or that nobody answers within `limitMs`, leaves its
 * own answer not known, and no other.
 */
export async function lookAtStorage(deps: LookDeps, limitMs = LIMIT_MS): Promise<StorageFacts> {
  const { registry, type, storage, inspector, now } = deps
  const asked = <T>(ask: () => Promise<T>): Promise<Told<T>> => told(ask, undefined, limitMs)
  const orNothing = <T>(answer: Told<T>): T | undefined => ('value' in answer ? answer.value : undefined)
  const [answered, isThere, image, survey] = await Promise.all([
    asked(() => inspector.settings()),
    // The finding that it cannot be listed comes from the settings.
    asked(async () => (await storage.folders('docker/registry/')).includes('v2/')).then(orNothing),
    asked(deps.served),
    asked(deps.lastSurvey).then(orNothing),
  ])
  const settings = 'value' in answered ? answered.value : nothingTold(type, answered)
  const repository = 'value' in image ? image.value?.repository : undefined
  const [served, looked, elsewhere, began, refusesDeletes, cacheRequests] = await Promise.all([
    'value' in image ? asked(() => compared(storage, image.value, isThere)).then(flat) : image,
    isThere ? asked(() => looksAt(storage, inspector)) : { value: NO_LOOKS },
    isThere === false ? asked(() => inspector.elsewhere()).then(orNothing) : [],
    isThere && repository !== undefined
      ? asked(() => beganIn(storage, repository)).then(orNothing)
      : undefined,
    asked(() => refusal(deps, image, repository)).then(flat),
    asked(deps.cacheRequests).then(flat),
  ])
  const { looks, read } = 'value' in looked ? looked.value : { looks: [], read: looked }
  const may = {
    ...(read !== undefined && { read }),
    ...settings.may,
    // What was just done is known better than what a store says of rights.
    ...(isThere !== undefined && { list: { value: true } }),
  }
  return {
    ...{ registry, type, place: storage.place, root: inspector.root, served, looks, isThere },
    ...{ elsewhere: elsewhere ?? [], settings: { ...settings, may }, began, refusesDeletes, cacheRequests },
    ...{ surveyed: survey && surveyedBy(survey), now: now(), trashMs: deps.trashMs },
  }
}

const flat = <T>(answer: Told<Told<T>>): Told<T> => ('value' in answer ? answer.value : answer)

/** What is known if the settings are not. A folder has none of these but its room. */
const nothingTold = (type: StorageFacts['type'], unknown: { unknown: string }): StorageSettings =>
  type === 'folder'
    ? { space: unknown, may: {} }
    : {
        ...{ lifecycle: unknown, versioning: unknown, retention: unknown, replication: unknown },
        ...{ softDelete: unknown, may: {} },
      }

async function compared(
  storage: LookDeps['storage'],
  image: ServedImage | undefined,
  isThere: boolean | undefined,
): Promise<Told<Served | undefined>> {
  if (image === undefined) return { value: undefined }
  if (!isThere) return { unknown: 'the storage has nothing to compare with' }
  const { repository, tag, digest } = image
  // What was pushed by another digest is stored by its SHA-256, which is not known here.
  if (!digest.startsWith('sha256:'))
    return { unknown: `the image looked at, ${repository}:${tag}, has no SHA-256` }
  return told(async () => {
    const key = blobKey(digest)
    const isStored = (await storage.head(key)) !== undefined
    const [listed] = isStored ? await take(storage.list(key), 1) : []
    return { image: `${repository}:${tag}`, digest, isStored, isListed: listed?.key === key }
  })
}

interface Looks {
  looks: ObjectLook[]
  /** Whether they can be read; `undefined` if there was nothing to look at. */
  read: Told<boolean> | undefined
}
const NO_LOOKS: Looks = { looks: [], read: undefined }

async function looksAt(storage: LookDeps['storage'], inspector: StorageInspector): Promise<Looks> {
  const keys: string[] = []
  for (const folder of [BLOBS, REPOSITORIES])
    for (const { key } of await take(storage.list(folder), LOOKED_AT)) keys.push(key)
  const answers = await Promise.all(keys.map((key) => told(() => inspector.look(key))))
  const looks = answers.flatMap((answer) => ('value' in answer ? (answer.value ?? []) : []))
  const refused = answers.find((answer) => 'unknown' in answer)
  return { looks, read: refused ?? (looks.length > 0 ? { value: true } : undefined) }
}

/** The first open upload of a repository: the registry writes its own time into a file as an upload begins. */
async function beganIn(storage: LookDeps['storage'], repository: string): Promise<StorageFacts['began']> {
  const path = uploadsOf(repository)
  for (const id of (await storage.folders(path)).slice(0, LOOKED_AT)) {
    const key = `${path}${id}startedat`
    const [info, content] = [await storage.head(key), await storage.get(key, TIME_LIMIT)]
    const time = Date.parse(content?.toString() ?? '')
    if (info !== undefined && !Number.isNaN(time)) return { registry: time, store: info.modifiedAt.getTime() }
  }
  return undefined
}

async function refusal(
  { refusesDeletes }: LookDeps,
  image: Told<unknown>,
  repository: string | undefined,
): Promise<StorageFacts['refusesDeletes']> {
  if ('unknown' in image) return image
  return repository === undefined ? { value: undefined } : told(() => refusesDeletes(repository))
}

function surveyedBy({ at, parts, uploads }: StorageReport): Surveyed {
  const old = uploads.find(({ youngerThan }) => youngerThan === null)
  return {
    ...{ at, versions: parts.version, multipart: parts.upload },
    oldUploads: {
      ...{ uploads: old?.uploads ?? 0, bytes: old?.bytes ?? 0 },
      oldestAt: old?.oldestAt === undefined ? undefined : Date.parse(old.oldestAt),
    },
  }
}

async function take<T>(items: AsyncIterable<T>, most: number): Promise<T[]> {
  const taken: T[] = []
  for await (const item of items) if (taken.push(item) === most) break
  return taken
}
