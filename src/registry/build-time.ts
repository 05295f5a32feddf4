import { parseTimestamp } from '../platform/timestamp.ts'
import { isObject } from './descriptor.ts'
import { parseJson } from './json.ts'

/** The media types of configs that state when an image was built. */
export const IMAGE_CONFIGS: readonly string[] = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]

/** The annotation that states when an image was built (OCI image spec 1.1, annotations.md). */
const CREATED = 'org.opencontainers.image.created'

// Whoever pushes states what he likes, so a time that is read here need not be true.

/** When an image was built, as its manifest's annotations state it, in epoch µs. `undefined` if they do not. */
export const annotatedTime = (annotations: unknown): number | undefined =>
  isObject(annotations) ? timeIn(annotations[CREATED]) : undefined

/** When an image was built, as its config states it (OCI image spec 1.1, config.md, "created"). `undefined` if it does not. */
export function configTime(config: Buffer): number | undefined {
  const body = parseJson(config)
  return isObject(body) ? timeIn(body.created) : undefined
}

const timeIn = (value: unknown): number | undefined =>
  typeof value === 'string' ? parseTimestamp(value) : undefined
