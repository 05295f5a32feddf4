import { CONFIG_LIMIT } from '../../registry/blob-api.ts'
import { IMAGE_CONFIGS } from '../../registry/build-time.ts'
import type { RegistryClient } from '../../registry/client.ts'
import { isObject } from '../../registry/descriptor.ts'
import { parseJson, textsIn } from '../../registry/json.ts'
import { isSchema1Type, type ParsedManifest, parseManifest } from '../../registry/manifest.ts'
import { InvalidManifest, mayPass, RegistryError } from '../../registry/registry-error.ts'
import { artifactKindOf } from './artifact-kind.ts'
import { type Entry, type KeptDetails, keptTexts, type Texts } from './details.ts'

/** For how long content that is missing or damaged is not asked for again, in µs: an hour. */
const RETRY_US = 3_600_000_000

/**
 * Reads the details of an image from its registry: the manifest, and its config if that has labels and they are wanted. `now`
 * is epoch µs. @throws RegistryError if the registry may give another answer in a moment
 */
export async function readDetails(
  client: RegistryClient,
  image: { repository: string; digest: string },
  wants: { labels: boolean },
  now: number,
): Promise<Entry> {
  const retryAt = now + RETRY_US
  const manifest = await readable(async () => {
    const found = await client.getManifest(image.repository, image.digest)
    return found && parseManifest(found.bytes, found.descriptor.mediaType)
  })
  if (manifest === undefined) return { retryAt }
  const details = { ...statedBy(manifest), labels: labelsWithoutConfig(manifest) }
  const { config } = manifest
  if (details.labels !== undefined || config === undefined || !wants.labels) return { details }
  const labels = await readable(async () => labelsIn(await client.getConfig(image.repository, config.digest)))
  return labels === undefined ? { details, retryAt } : { details: { ...details, labels } }
}

/** What `read` gives; `undefined` if the content is not there, or cannot be read. */
async function readable<T>(read: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    const isAboutContent =
      error instanceof InvalidManifest || (error instanceof RegistryError && !mayPass(error))
    if (!isAboutContent) throw error
    return undefined
  }
}

function statedBy(manifest: ParsedManifest): Omit<KeptDetails, 'labels'> {
  const { mediaType, artifactType, config, annotations = {} } = manifest
  return {
    ...{ kind: artifactKindOf(manifest), mediaType, artifactType, configMediaType: config?.mediaType },
    annotations: keptTexts(annotations),
  }
}

/** The labels, if the config need not be read to know them; `null` if they cannot be known. */
function labelsWithoutConfig({ mediaType, config }: ParsedManifest): Texts | null | undefined {
  if (isSchema1Type(mediaType)) return null
  if (config === undefined || !IMAGE_CONFIGS.includes(config.mediaType)) return {}
  return config.size > CONFIG_LIMIT ? null : undefined
}

/** The labels of a config (OCI image spec 1.1, config.md, "config.Labels"). `undefined` if the config is damaged. */
function labelsIn(config: Buffer): Texts | null | undefined {
  const body = parseJson(config)
  if (!isObject(body)) return undefined
  const { Labels: labels } = isObject(body.config) ? body.config : {}
  return isObject(labels) ? keptTexts(textsIn(labels)) : {}
}
