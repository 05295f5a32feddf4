/** An image as people see it: its repository in a registry, its digest and its tags. */
export interface NamedImage {
  digest: string
  tags: readonly { name: string }[]
}

/** The registry of a project's id. */
export const registryOf = (project: string): string => project.slice(0, project.indexOf('/'))

/** The names of an image that requests take: by each tag, then by its digest. */
export const namesOf = (project: string, repository: string, { digest, tags }: NamedImage): string[] => {
  const place = `${registryOf(project)}/${repository}`
  return [...tags.map(({ name }) => `${place}:${name}`), `${place}@${digest}`]
}

/** A digest for people: its beginning is enough to find it by. */
export const shortDigest = (digest: string): string => digest.replace(/^(\w+:[0-9a-f]{12})[0-9a-f]+$/, '$1…')

/** The tag or the digest of a name, for a button or a list in which the repository is known. */
export const referenceOf = (name: string): string => {
  const [, digest] = name.split('@')
  return digest === undefined ? name.slice(name.lastIndexOf(':') + 1) : shortDigest(digest)
}
