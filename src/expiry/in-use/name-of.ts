import type { NamedImage } from './find-registries.ts'

/** `team/app:v1` or `team/app@sha256:…`. */
export const nameOf = ({ repository, reference }: Pick<NamedImage, 'repository' | 'reference'>): string =>
  'tag' in reference ? `${repository}:${reference.tag}` : `${repository}@${reference.digest}`
