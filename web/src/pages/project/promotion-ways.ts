/** Where an image can be promoted to, as the API tells it. */
export interface Targets {
  rules: {
    rule: string
    registry: string
    name: string
    gates: string[]
    overwrite: 'never' | 'always' | 'newer'
  }[]
  registries: string[]
}

/** A way on which an image can be promoted. */
export interface Way {
  /** Undefined: without a rule. */
  rule: string | undefined
  registry: string
  /** `repository:tag` there; '' if somebody must say it. */
  name: string
  /** What happens on it. */
  text: string
}

const OVERWRITE = {
  never: 'A tag there that names another image is not moved.',
  always: 'A tag there is moved.',
  newer: 'A tag there is moved if this image is newer.',
}

/** The ways of an image, those by rules first, its own registry last: there it needs another name. */
export function waysOf(image: string, { rules, registries }: Targets): Way[] {
  const [, own = '', name = ''] = /^([^/]+)\/(.+)$/.exec(image) ?? []
  const same = image.includes('@') ? '' : name
  return [
    ...rules.map(({ rule, registry, name, gates, overwrite }) => ({
      ...{ rule, registry, name },
      text: `as ${name}. ${gates.length === 0 ? 'No gates.' : `Gates: ${gates.join(', ')}.`} ${OVERWRITE[overwrite]}`,
    })),
    ...registries
      .toSorted((a, b) => Number(a === own) - Number(b === own))
      .map((registry) => ({
        ...{ rule: undefined, registry, name: registry === own ? '' : same },
        text: OVERWRITE.never,
      })),
  ]
}

/** The body of the request. `as`: the name that somebody typed, if any. */
export const bodyOf = (image: string, { rule, registry }: Way, as: string) => ({
  ...{ image, to: registry },
  ...(rule !== undefined && { rule }),
  ...(rule === undefined && as.trim() !== '' && { as: as.trim() }),
})
