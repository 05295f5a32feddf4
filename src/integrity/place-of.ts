/** A repository of a registry. */
export interface Place {
  registry: string
  repository: string
}

/** The place in `registry/repository`. */
export const placeOf = (name: string): Place => ({
  registry: name.slice(0, Math.max(0, name.indexOf('/'))),
  repository: name.slice(name.indexOf('/') + 1),
})
