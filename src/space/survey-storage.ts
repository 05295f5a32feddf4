import pMap, { pMapSkip } from 'p-map'
import type { Descriptor } from '../registry/descriptor.ts'
import { isDigest } from '../registry/digest.ts'
import { MANIFEST_LIMIT, parseStoredManifest } from '../registry/manifest.ts'
import { InvalidManifest } from '../registry/registry-error.ts'
import { blobKey, layerLink, revisionKey } from '../storage/layout.ts'
import type { RegistryStorage } from '../storage/storage.ts'
import { makeSurvey, type Survey } from './survey.ts'

/** Manifests that are read at a time. */
const MANIFESTS = { concurrency: 16 }

/** Bytes of a link file that are read. The longest digest has 135. */
const LINK_LIMIT = 1024

/**
 * Surveys all of a registry's storage while others write to it: one listing of it, then each manifest once.
 * @throws whatever the storage throws
 */
export async function surveyStorage(
  storage: RegistryStorage,
  deps: { projectOf: (repository: string) => string },
): Promise<Survey> {
  const survey = makeSurvey(deps)
  for await (const object of storage.list('')) survey.add(object)

  /** Content is stored by its SHA-256. What was uploaded by another digest has a link that holds the SHA-256. */
  async function storedBy(digest: string, link: string): Promise<string | undefined> {
    if (digest.startsWith('sha256:')) return digest
    const stored = (await storage.get(link, LINK_LIMIT))?.toString()
    return stored !== undefined && isDigest(stored) ? stored : undefined
  }

  async function read([digest, repository]: readonly [string, string]) {
    const stored = await storedBy(digest, revisionKey(repository, digest))
    const named =
      stored === undefined ? undefined : namedIn(await storage.get(blobKey(stored), MANIFEST_LIMIT))
    if (stored === undefined || named === undefined) return survey.unreadable(stored ?? digest)
    const all = await pMap(named, async ({ digest, foreign }) => {
      const found = await storedBy(digest, layerLink(repository, digest))
      return found === undefined ? pMapSkip : { digest: found, ...(foreign && { foreign }) }
    })
    survey.references(stored, all)
  }
  await pMap(survey.revisions(), read, MANIFESTS)
  for await (const object of storage.hidden(survey.unlisted)) survey.hide(object)
  return survey.result()
}

/** What a manifest names but its `subject`; undefined if it is not there or cannot be parsed. */
function namedIn(bytes: Buffer | undefined): Descriptor[] | undefined {
  if (bytes === undefined) return undefined
  try {
    const { config, layers, children } = parseStoredManifest(bytes)
    return [...(config ? [config] : []), ...layers, ...children]
  } catch (error) {
    if (error instanceof InvalidManifest) return undefined
    throw error
  }
}
