/** Tags by which cosign and others say what belongs to an image: `sha256-<hex>`, `sha256-<hex>.sig`. */
const REFERRER_TAG = /^sha256-([0-9a-f]{64})(?:\.[a-z]+)?$/

/** The manifest to which something belongs that has this tag; `undefined` if the tag is an ordinary one. */
export function subjectOfTag(tag: string): string | undefined {
  const [, hex] = REFERRER_TAG.exec(tag) ?? []
  return hex === undefined ? undefined : `sha256:${hex}`
}
